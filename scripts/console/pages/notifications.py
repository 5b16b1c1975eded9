"""The pages of notifications: topics with their integrations, and a test that is shown before it is sent."""

from functools import partial
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.console.background import Control
from scripts.console.console import Console
from scripts.console.page import console_of, render, see_other
from scripts.console.plans import trial_plan
from scripts.console.plans.plan import find, keep
from scripts.console.plans.trial_plan import TrialPlan, planned_trial
from scripts.console.posting import change, posted, text_in
from scripts.console.readings.notification_state import NotificationState, notification_state
from scripts.console.snapshot import Snapshot
from scripts.topics.given_values import given_values

_MAX_AGE_SECONDS: Final = 60.0


async def notifications(request: Request) -> Response:
    """Show the topics with the state of their integrations."""
    snapshot = _snapshot(console_of(request))
    return render(request, "notifications.html", snapshot=snapshot)


@posted
async def prepare(request: Request, form: FormData) -> Response:
    """Render a test notification of an integration. Nothing is sent before it is confirmed."""
    console = console_of(request)
    topic, integration, values = (text_in(form, name) for name in ("topic", "integration", "values"))
    given = given_values(line for line in values.splitlines() if line.strip())
    trial = await console.call(partial(planned_trial, console.scope, topic, integration, given))
    return see_other(keep(console, TrialPlan(trial, console.clock())).path)


async def test_page(request: Request, template: str) -> Response:
    """Show a planned test notification or its result: the page, or the part of it that is read again."""
    plan = _plan_of(request)
    return render(request, template, plan=plan, test=plan.data)


@change
async def send(request: Request, form: FormData) -> Response:  # noqa: ARG001 -- the form has no more than the id
    """Send a planned test notification, once."""
    console, plan = console_of(request), _plan_of(request)
    plan.begin(console, partial(trial_plan.send, console.scope, plan))
    return see_other(plan.path)


def _plan_of(request: Request) -> TrialPlan:
    return find(console_of(request), TrialPlan, request.path_params["id"])


def _snapshot(console: Console) -> Snapshot[NotificationState]:
    def read(_control: Control) -> NotificationState:
        return notification_state(console.scope)

    return console.snapshot("notifications", "Read the state of the notifications", read, _MAX_AGE_SECONDS)


ROUTES: Final = [
    Route("/notifications", notifications),
    Route("/notifications/tests", prepare, methods=["POST"]),
    Route("/notifications/tests/{id}", partial(test_page, template="notification_test.html")),
    Route("/notifications/tests/{id}/result", partial(test_page, template="notification_result.html")),
    Route("/notifications/tests/{id}/send", send, methods=["POST"]),
]
