"""The pages of one event that show its whole body: reveal and correction. Only answers to forms have it."""

from functools import partial
from http import HTTPStatus
from typing import Any, Final

from markupsafe import escape
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.console.event_links import event_path
from scripts.console.page import console_of, render, see_other
from scripts.console.plans.edit_plan import EditPlan, apply, forecast_of, revealed_body
from scripts.console.plans.plan import find, keep
from scripts.console.posting import change, check_can_change, posted, text_in
from scripts.console.readings.dead_letter_filters import queue_in
from scripts.console.readings.event_reading import body_text, revealed
from scripts.dead_letters.editable import difference

PATH: Final = "/events/{receipt_id}"
_EDIT: Final = f"{PATH}/edits/{{id}}"

HIDE_AFTER_SECONDS: Final = 60


@posted
async def reveal(request: Request, form: FormData) -> Response:
    """Show the whole body, for a minute. The audit log has who saw it."""
    console, queue = console_of(request), queue_in(form)
    message_id = text_in(form, "message_id")
    data = await console.call(partial(revealed, console, message_id, queue))
    if data is None:
        raise FailedError("The dead letter was not found: it was replayed or discarded, or another reader holds it.")
    return event_page(request, "event_body.html", data=data, text=body_text(data), hide_after=HIDE_AFTER_SECONDS)


@posted
async def begin_edit(request: Request, form: FormData) -> Response:
    """Show the body of a dead letter in a form. The audit log has who saw it."""
    console, message_id = console_of(request), text_in(form, "message_id")
    check_can_change(console)  # an edit that cannot be applied would be a reveal that nobody asked for
    body = await console.call(partial(revealed_body, console, message_id))
    return _edit_form(request, keep(console, EditPlan(_receipt_id_of(request), message_id, body, console.clock())))


@posted
async def plan_edit(request: Request, form: FormData) -> Response:
    """Show the difference, and what the targets would get; or the form again if it is not a valid correction."""
    console, plan = console_of(request), _plan_of(request)
    if plan.work is not None:
        return see_other(plan.path)
    plan.check_age(console.clock())
    text = text_in(form, "body")
    if form.get("again"):
        return _edit_form(request, plan)
    try:
        plan.correct(text, ignore_replay_limit="ignore_replay_limit" in form)
        forecast = await console.call(partial(forecast_of, console, plan))
    except RejectedError as error:
        return _edit_form(request, plan, str(error))
    lines = await console.call(partial(difference, plan.original, plan.corrected))
    return event_page(request, "event_edit_plan.html", plan=plan, forecast=forecast, difference=lines)


@change
async def apply_edit(request: Request, form: FormData) -> Response:
    """Export the original, and replay the corrected body, in the background. A second form of the plan does nothing."""
    plan = _plan_of(request)
    apply(console_of(request), plan, text_in(form, "plan"))
    return see_other(plan.path)


async def edit_result(request: Request) -> Response:
    """Show how far the edit is, and its result."""
    plan = _plan_of(request)
    if plan.work is None:
        return see_other(event_path(plan.receipt_id))
    return event_page(request, "event_edit_result.html", plan=plan, work=plan.work, result=plan.result)


def _edit_form(request: Request, plan: EditPlan, problem: str = "") -> Response:
    # markup, because the form has to give back what it got, also characters that are otherwise shown by code point
    values = {"plan": plan, "problem": problem, "text": escape(plan.corrected)}
    return event_page(
        request, "event_edit.html", HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK, **values
    )


def _receipt_id_of(request: Request) -> str:
    return str(request.path_params["receipt_id"])


def event_page(request: Request, template: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Response:
    """Return a page of the event that the address names."""
    receipt_id = _receipt_id_of(request)
    return render(request, template, status, receipt_id=receipt_id, event_path=event_path(receipt_id), **values)


def _plan_of(request: Request) -> EditPlan:
    plan = find(console_of(request), EditPlan, request.path_params["id"])
    if plan.receipt_id != _receipt_id_of(request):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return plan


ROUTES: Final = [
    Route(f"{PATH}/reveal", reveal, methods=["POST"]),
    Route(f"{PATH}/edit", begin_edit, methods=["POST"]),
    Route(f"{_EDIT}/plan", plan_edit, methods=["POST"]),
    Route(f"{_EDIT}/apply", apply_edit, methods=["POST"]),
    Route(_EDIT, edit_result),
]
