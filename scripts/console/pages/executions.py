"""The pages of executions that did not succeed: the list, and a redrive with its plan, its progress and its result."""

from functools import partial
from typing import Final

from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.cli.exit_codes import RejectedError
from scripts.console.background import Control
from scripts.console.console import Console
from scripts.console.page import console_of, render, see_other
from scripts.console.plans.plan import find, keep
from scripts.console.plans.redrive_plan import FailedExecutions, RedrivePlan, carry_out, failed_executions
from scripts.console.posting import change, posted
from scripts.console.snapshot import SnapshotReader
from scripts.executions.find import Execution, Status

MOST_ROWS: Final = 200
"""How many executions a page shows."""

_MAX_AGE_SECONDS: Final = 60.0


async def executions(request: Request) -> Response:
    """Show the executions that did not succeed, with a form to choose some."""
    snapshot = _reader(console_of(request)).refresh(_MAX_AGE_SECONDS)
    wanted = request.query_params
    found = snapshot.value.found.executions if snapshot.value else []
    matching = [each for each in found if _matches(each, wanted)]
    return render(
        request,
        "executions.html",
        snapshot=snapshot,
        matching=matching,
        rows=matching[:MOST_ROWS],
        redrivable=sum(not each.not_redrivable_because for each in matching),
        machines=sorted({each.state_machine for each in found}),
        statuses=[each.value for each in Status],
        wanted={name: wanted.get(name, "") for name in ("state_machine", "status")},
    )


@posted
async def plan(request: Request, form: FormData) -> Response:
    """Plan the redrive of the chosen executions, or of all that match. Nothing is changed before it is confirmed."""
    console = console_of(request)
    snapshot = _reader(console).refresh(_MAX_AGE_SECONDS)
    if snapshot.value is None or snapshot.taken_at is None:
        raise RejectedError("The executions were not read yet. Wait a moment, then select them again.")
    found = snapshot.value.found.executions
    chosen = [str(arn) for arn in form.getlist("arn")]
    if form.get("which") == "all":
        chosen = [each.arn for each in found if _matches(each, form)]
    if not chosen:
        raise RejectedError("No execution is selected. Go back, and select the executions to redrive.")
    return see_other(keep(console, RedrivePlan(found, chosen, snapshot.taken_at, console.clock())).path)


async def redrive_page(request: Request, template: str) -> Response:
    """Show a planned redrive with its progress or its result: the page, or the part of it that is read again."""
    return render(request, template, plan=_plan_of(request))


@change
async def redrive(request: Request, form: FormData) -> Response:  # noqa: ARG001 -- the form has no more than the id
    """Carry out a planned redrive, once."""
    console, plan = console_of(request), _plan_of(request)
    plan.begin(console, partial(_carry_out, console, plan))
    return see_other(plan.path)


@posted
async def cancel(request: Request, form: FormData) -> Response:  # noqa: ARG001 -- the form has no more than the id
    """Let a redrive end; what was redriven stays so."""
    plan = _plan_of(request)
    plan.cancel()
    return see_other(plan.path)


def _carry_out(console: Console, plan: RedrivePlan, control: Control) -> None:
    """Carry out a plan; afterwards the list has to be read again."""
    try:
        carry_out(console.scope, plan, control)
    finally:
        _reader(console).expire()


def _plan_of(request: Request) -> RedrivePlan:
    return find(console_of(request), RedrivePlan, request.path_params["id"])


def _matches(execution: Execution, fields: FormData | QueryParams) -> bool:
    machine, status = (fields.get(name, "") for name in ("state_machine", "status"))
    return machine in ("", execution.state_machine) and status in ("", execution.status)


def _reader(console: Console) -> SnapshotReader[FailedExecutions]:
    do = partial(failed_executions, console.scope, console.settings.routes)
    return console.reader("executions", "Read the executions that did not succeed", do)


ROUTES: Final = [
    Route("/executions", executions),
    Route("/executions/redrives", plan, methods=["POST"]),
    Route("/executions/redrives/{id}", partial(redrive_page, template="executions_redrive.html")),
    Route("/executions/redrives/{id}/progress", partial(redrive_page, template="executions_progress.html")),
    Route("/executions/redrives/{id}/begin", redrive, methods=["POST"]),
    Route("/executions/redrives/{id}/cancel", cancel, methods=["POST"]),
]
