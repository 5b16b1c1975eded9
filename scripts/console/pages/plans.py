"""The pages of plans: what would happen, the confirmation, the progress and the result; and all plans as "Work"."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.cli.exit_codes import CommandError, ConfigurationError, RejectedError
from scripts.cli.plural import plural
from scripts.console.console import Console
from scripts.console.form_numbers import number_of
from scripts.console.page import console_of, render, see_other
from scripts.console.plans.dead_letter_plan import DeadLetterPlan, Planned, confirm, make_plan
from scripts.console.plans.plan import find, plans_of
from scripts.console.plans.plan_report import GROUPS_SHOWN, counts_of, group_names, groups_of, outcomes_of
from scripts.console.plans.plan_request import Action, Confirmation, PlanRequest
from scripts.console.posting import change, posted, text_in
from scripts.console.readings.dead_letter_filters import address, carried, filters_in, queue_in
from scripts.console.readings.dead_letter_snapshot import dead_letters
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.replay_time import ReplayTime, replay_time
from scripts.dead_letters.reports.forecast import cause_text, forecast_data, forecast_text
from scripts.dead_letters.reports.replay_time import time_lines

# The fields with the message IDs of what was chosen: what is ticked, or all on the page.
_FIELDS: Final = {"ticked": "id", "page": "row"}


@posted
async def make(request: Request, form: FormData) -> Response:
    """Make a plan for the dead letters that a form names, by filters or selected ones of a list."""
    console, action = console_of(request), text_in(form, "action")
    if action not in list(Action):
        raise ConfigurationError(f"The action is one of {', '.join(Action)}.")
    queue, filters = queue_in(form), filters_in(console, form, console.clock())
    filters = replace(filters, ids=tuple(map(str, form.getlist("ids"))))  # of the page of one event
    wanted = PlanRequest(Action(action), filters, queue, origin=address(carried(form)))
    plan = make_plan(console, _request_of(console, wanted, form))
    return see_other(plan.path)


def _request_of(console: Console, request: PlanRequest, form: FormData) -> PlanRequest:
    """Return the request with what was chosen: selected ones, those of a page, or all that match.

    Without a choice the filters choose, unless there is none. Raise RejectedError if nothing is chosen.
    """
    chosen = str(form.get("select") or ("" if request.filters.is_empty else "all"))
    if chosen == "all":
        _check_none_ticked(form)
        return request._replace(expected=number_of(form.get("expected")))
    ids = {str(id_) for id_ in form.getlist(_FIELDS.get(chosen, ""))}
    if not ids:
        raise RejectedError(
            "No dead letter is selected, so there is nothing to plan. Go back, and select some, or all that match."
        )
    keys = _keys_of(console, request.queue, request.filters, ids)
    if not keys:
        raise RejectedError("The selected dead letters are gone, so there is nothing to plan. Refresh the list.")
    return request._replace(keys=keys, expected=len(ids))


def _check_none_ticked(form: FormData) -> None:
    """Raise RejectedError if some are ticked although all are chosen: nobody knows which of the two is meant."""
    if form.getlist("id"):
        raise RejectedError(
            f"{plural(len(form.getlist('id')), 'dead letter is', 'dead letters are')} selected, but the form is for all"
            " that match, so nothing is planned. Go back, and choose one of the two."
        )


def _keys_of(console: Console, queue: QueueName, filters: Filters, ids: set[str]) -> frozenset[bytes]:
    """Return the digests of the dead letters of the list with these message IDs."""
    listing = dead_letters(console, queue, filters.where).value
    found = listing.dead_letters if listing else []
    return frozenset(bytes.fromhex(one.copy_key) for one in found if one.message_id in ids)


def _plan_of(request: Request) -> DeadLetterPlan:
    return find(console_of(request), DeadLetterPlan, request.path_params["id"])


async def show(request: Request) -> Response:
    """Show a plan: the explanation and the form to confirm it, or how far it is, or its result."""
    return _page(request, _plan_of(request))


def _page(request: Request, plan: DeadLetterPlan, problem: str = "", status: int = HTTPStatus.OK) -> Response:
    planned = plan.planned
    groups = groups_of(planned.counts) if planned else []
    forecast = forecast_data(planned.counts.forecast) if planned else None
    return render(
        request,
        "plan.html",
        status,
        **_progress_values(plan),
        problem=problem,
        planned=planned,
        forecast=forecast,
        sentence=forecast_text(forecast, planned.counts.expire_soon) if forecast and planned else "",
        time_lines=list(time_lines(_time_of(planned), console_of(request).settings.zone)) if planned else [],
        cause_text=cause_text,
        groups=groups[:GROUPS_SHOWN],
        groups_omitted=sum(number for _, number in groups[GROUPS_SHOWN:]),
        group_names=group_names(plan.request.queue),
    )


def _time_of(planned: Planned) -> ReplayTime:
    """Return the time of the replay at `auto`, which the form proposes."""
    return replay_time(planned.counts.would_send, None, planned.counts.queue)


def _progress_values(plan: DeadLetterPlan) -> dict[str, Any]:
    run = plan.run
    return {
        "plan": plan,
        "work": plan.current_work,
        "counts": counts_of(run) if run else [],
        "outcomes": outcomes_of(run) if run else [],
    }


async def progress(request: Request) -> Response:
    """Show how far the work is; load the whole page again once it has ended."""
    plan = _plan_of(request)
    values = _progress_values(plan)
    if not values["work"].is_running:
        return Response(headers={"HX-Refresh": "true"})
    return render(request, "plan_progress_part.html", **values)


@change
async def run(request: Request, form: FormData) -> Response:
    """Do what was planned. A second form for the same plan only shows it."""
    plan = _plan_of(request)
    confirmation = Confirmation(
        rate=str(form.get("rate") or "auto").strip(),
        redeliver=bool(form.get("redeliver")),
        ignore_replay_limit=bool(form.get("ignore-replay-limit")),
        is_without_failing=bool(form.get("without-failing")),
        typed=number_of(text_in(form, "count").strip()),
    )
    try:
        confirm(console_of(request), plan, confirmation)
    except CommandError as error:
        return _page(request, plan, str(error), HTTPStatus.CONFLICT)
    return see_other(plan.path)


@posted
async def cancel(request: Request, _: FormData) -> Response:
    """Cancel what runs. What it has done stays done."""
    plan = _plan_of(request)
    plan.cancel()
    return see_other(plan.path)


async def list_(request: Request) -> Response:
    """Show all plans, the newest first, also those of executions, edits and tests."""
    return render(request, "plans.html", plans=plans_of(console_of(request)))


ROUTES: Final = [
    Route("/plans", list_),
    Route("/plans", make, methods=["POST"]),
    Route("/plans/{id}", show),
    Route("/plans/{id}", run, methods=["POST"]),
    Route("/plans/{id}/progress", progress),
    Route("/plans/{id}/cancel", cancel, methods=["POST"]),
]
