"""The pages of one event that show its whole body: reveal and correction. Only answers to forms have it."""

from functools import partial
from http import HTTPStatus
from typing import Any, Final

from markupsafe import escape
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.console.event_links import event_path
from scripts.console.page import console_of, render, see_other
from scripts.console.plans.event_edits import DRAFTS, EditDraft, apply, forecast_of, revealed_body
from scripts.console.posting import change, posted
from scripts.console.readings.event_reading import body_text, revealed
from scripts.dead_letters.editable import difference
from scripts.dead_letters.queue_name import QueueName

PATH: Final = "/events/{receipt_id}"
_DRAFT: Final = f"{PATH}/edits/{{draft_id}}"

HIDE_AFTER_SECONDS: Final = 60


def queue_of(text: str) -> QueueName:
    """Return the queue of a form or a URL; that of events by default. Raise ConfigurationError for another one."""
    if text not in {"", *QueueName}:
        raise ConfigurationError(f"There is no queue {text}.")
    return QueueName(text or QueueName.webhooks)


@posted
async def reveal(request: Request, form: FormData) -> Response:
    """Show the whole body, for a minute. The audit log has who saw it."""
    console, queue = console_of(request), queue_of(str(form.get("queue", "")))
    message_id = str(form.get("message_id", ""))
    data = await console.call(partial(revealed, console, message_id, queue))
    if data is None:
        raise FailedError("The dead letter was not found: it was replayed or discarded, or another reader holds it.")
    return _page(request, "event_body.html", data=data, text=body_text(data), hide_after=HIDE_AFTER_SECONDS)


@posted
async def begin_edit(request: Request, form: FormData) -> Response:
    """Show the body of a dead letter in a form. The audit log has who saw it."""
    console, message_id = console_of(request), str(form.get("message_id", ""))
    body = await console.call(partial(revealed_body, console, message_id))
    draft = DRAFTS.of(console).add(_receipt_id_of(request), message_id, body, console.clock())
    return _edit_form(request, draft)


@posted
async def plan_edit(request: Request, form: FormData) -> Response:
    """Show the difference, and what the targets would get; or the form again if it is not a valid correction."""
    console, draft = console_of(request), _draft_of(request)
    if draft.work is not None:
        return see_other(_draft_path(draft))
    text = str(form.get("body", ""))
    if form.get("again"):
        return _edit_form(request, draft)
    try:
        draft.plan(text, ignore_replay_limit="ignore_replay_limit" in form)
        forecast = await console.call(partial(forecast_of, console, draft))
    except RejectedError as error:
        return _edit_form(request, draft, str(error))
    lines = await console.call(partial(difference, draft.original, draft.corrected))
    path = _draft_path(draft)
    return _page(request, "event_edit_plan.html", draft=draft, draft_path=path, forecast=forecast, difference=lines)


@change
async def apply_edit(request: Request, form: FormData) -> Response:
    """Export the original, and replay the corrected body, in the background. A second form of the plan does nothing."""
    draft = _draft_of(request)
    apply(console_of(request), draft, str(form.get("plan", "")))
    return see_other(_draft_path(draft))


async def edit_result(request: Request) -> Response:
    """Show how far the edit is, and its result."""
    draft = _draft_of(request)
    if draft.work is None:
        return see_other(event_path(draft.receipt_id))
    path = _draft_path(draft)
    return _page(request, "event_edit_result.html", draft_path=path, work=draft.work, result=draft.result)


def _edit_form(request: Request, draft: EditDraft, problem: str = "") -> Response:
    # markup, because the form has to give back what it got, also characters that are otherwise shown by code point
    values = {"draft": draft, "draft_path": _draft_path(draft), "problem": problem, "text": escape(draft.corrected)}
    return _page(request, "event_edit.html", HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK, **values)


def _receipt_id_of(request: Request) -> str:
    return str(request.path_params["receipt_id"])


def _page(request: Request, template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Response:
    receipt_id = _receipt_id_of(request)
    return render(request, template, status, receipt_id=receipt_id, event_path=event_path(receipt_id), **values)


def _draft_of(request: Request) -> EditDraft:
    console = console_of(request)
    return DRAFTS.of(console).get(request.path_params["draft_id"], _receipt_id_of(request), console.clock())


def _draft_path(draft: EditDraft) -> str:
    return f"{event_path(draft.receipt_id)}/edits/{draft.id}"


ROUTES: Final = [
    Route(f"{PATH}/reveal", reveal, methods=["POST"]),
    Route(f"{PATH}/edit", begin_edit, methods=["POST"]),
    Route(f"{_DRAFT}/plan", plan_edit, methods=["POST"]),
    Route(f"{_DRAFT}/apply", apply_edit, methods=["POST"]),
    Route(_DRAFT, edit_result),
]
