"""The pages of notifications: topics with their integrations, and a test that is shown before it is sent."""

from functools import partial
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.aws.context import StackContext
from scripts.console.background import Control
from scripts.console.console import Console
from scripts.console.page import console_of, render, see_other
from scripts.console.per_console import PerConsole
from scripts.console.plans.prepared import PreparedThings
from scripts.console.posting import change, posted
from scripts.console.readings.notification_state import NotificationState, notification_state
from scripts.console.snapshot import Snapshot
from scripts.topics.given_values import given_values
from scripts.topics.sending_report import trial_data
from scripts.topics.service import TopicService
from scripts.topics.trial import TopicTrial, TrialResult
from scripts.topics.trial_service import TrialService

_MAX_AGE_SECONDS: Final = 60.0

TESTS: Final = PerConsole[PreparedThings[TopicTrial]](lambda _: PreparedThings())
"""The test notifications of each console that were prepared."""


async def notifications(request: Request) -> Response:
    """Show the topics with the state of their integrations."""
    snapshot = _snapshot(console_of(request))
    return render(request, "notifications.html", snapshot=snapshot)


@posted
async def prepare(request: Request, form: FormData) -> Response:
    """Render a test notification of an integration. Nothing is sent before it is confirmed."""
    console = console_of(request)
    topic, integration, values = (str(form.get(name, "")) for name in ("topic", "integration", "values"))
    given = given_values(line for line in values.splitlines() if line.strip())
    trial = await console.call(partial(_prepared, console.scope, topic, integration, given))
    prepared = TESTS.of(console).add(trial, console.clock())
    return see_other(f"/notifications/tests/{prepared.id}")


async def test_page(request: Request) -> Response:
    """Show a prepared test notification, or its result."""
    return _test_page(request, "notification_test.html")


async def result(request: Request) -> Response:
    """Return the part of the page with the result."""
    return _test_page(request, "notification_result.html")


@change
async def send(request: Request, form: FormData) -> Response:  # noqa: ARG001 -- the form has no more than the id
    """Send a prepared test notification, once."""
    console, id_ = console_of(request), request.path_params["id"]
    prepared = TESTS.of(console).of(id_)
    prepared.begin(console, "Send a test notification", partial(_sent, console.scope, prepared.value))
    return see_other(f"/notifications/tests/{id_}")


def _prepared(scope: StackContext, topic: str, integration: str, given: dict[str, Any]) -> TopicTrial:
    service = TrialService(TopicService(scope))
    trial = service.prepared(topic, integration, given)
    service.check_can_send(trial)
    return trial


def _sent(scope: StackContext, trial: TopicTrial, control: Control) -> TrialResult:
    control.check()
    with control.deferred():
        return TrialService(TopicService(scope)).send(trial)


def _test_page(request: Request, template: str) -> Response:
    console = console_of(request)
    prepared = TESTS.of(console).of(request.path_params["id"])
    sent: TrialResult | None = prepared.work.result if prepared.work else None
    return render(
        request,
        template,
        prepared=prepared,
        test=trial_data(prepared.value, sent),
        is_expired=prepared.is_expired(console.clock()),
    )


def _snapshot(console: Console) -> Snapshot[NotificationState]:
    def read(_control: Control) -> NotificationState:
        return notification_state(console.scope)

    return console.snapshot("notifications", "Read the state of the notifications", read, _MAX_AGE_SECONDS)


ROUTES: Final = [
    Route("/notifications", notifications),
    Route("/notifications/tests", prepare, methods=["POST"]),
    Route("/notifications/tests/{id}", test_page),
    Route("/notifications/tests/{id}/result", result),
    Route("/notifications/tests/{id}/send", send, methods=["POST"]),
]
