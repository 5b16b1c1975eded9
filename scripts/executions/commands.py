"""The commands `executions list` and `executions redrive`: flags and output."""

from collections.abc import Sized
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import RejectedError
from scripts.cli.flag_groups import expand
from scripts.cli.options import AuditOption, Output, OutputOption, RoutesOption, StackFlags
from scripts.cli.output import NOTICES, notice, notices, print_result
from scripts.cli.progress import ConsoleProgress
from scripts.cli.rate_limiter import Rate
from scripts.executions import report
from scripts.executions.filters import ExecutionFilters, check_is_not_empty
from scripts.executions.service import ExecutionService, Redrive
from scripts.routes.check import ROUTES

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="NAME|ARN", help="Executions, as printed by list.", show_default=False)
]
ShowCauseOption = Annotated[bool, typer.Option("--show-cause", help="Show causes too; they may quote the event.")]
AllExecutionsOption = Annotated[
    bool, typer.Option("--all", help="Select all that did not succeed in the last 14 days.")
]
ApplyOption = Annotated[bool, typer.Option("--yes", help="Redrive the executions (default: dry run).")]
RedriveRateOption = Annotated[float, typer.Option(min=0.1, max=1000, help="Maximum executions per second.")]

_REDRIVABLE: Final = ExecutionFilters(since="14d")


def list_(
    *,
    filters: ExecutionFilters = _REDRIVABLE,
    show_cause: ShowCauseOption = False,
    routes: RoutesOption = ROUTES,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """List the executions that failed, timed out or were aborted, each with its event. Changes nothing.

    Exits 1 if a state machine or the log could not be read; the rest is shown.

    Example: alma-webhooks executions list --state-machine pod --since 24h --stage prod
    """
    with stack_command(stack, "Interrupted; nothing was changed.") as (scope, _):
        found, origins = ExecutionService(scope, routes, ConsoleProgress(NOTICES)).list(filters)
    shown = [report.as_data(each, origins.get(each.arn), show_cause=show_cause) for each in found.executions]
    notices([*found.notices, *found.problems])
    data = {"executions": shown, "notices": found.notices, "problems": found.problems}
    print_result(output, data, report.lines(data))
    _end(found.problems)


def redrive(
    *,
    names: NamesArgument = None,
    everything: AllExecutionsOption = False,
    filters: ExecutionFilters,
    yes: ApplyOption = False,
    rate: RedriveRateOption = 5,
    audit_file: AuditOption = None,
    routes: RoutesOption = ROUTES,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Redrive executions: continue them from the failed state with the same input. Dry run without --yes.

    Exits 1 if some were not redriven, 3 if none is redrivable.

    Example: alma-webhooks executions redrive --state-machine pod --since 24h --stage prod --yes
    """
    check_is_not_empty(names or [], filters, everything=everything)
    if not names and not filters.since:
        filters = replace(filters, since=_REDRIVABLE.since)
    with stack_command(stack, "Interrupted: the other executions were not changed.") as (scope, interrupts):
        service = ExecutionService(scope, routes, ConsoleProgress(NOTICES), interrupts.deferred)
        planned = service.plan_redrive(filters, names or [])
        if not yes or not planned.redrivable:
            _print_plan(planned, output)
        else:
            _redrive(service, planned, Rate(rate), audit_file, output)
    _end([*planned.problems, *planned.failed, *(planned.not_redrivable if yes else ())])


def _print_plan(planned: Redrive, output: Output) -> None:
    notices(planned.problems)
    data = report.plan(planned)
    print_result(output, data, report.plan_lines(data))
    if planned.redrivable:
        notice("Dry run: nothing was changed. Pass --yes to redrive.")
    elif planned.not_redrivable:
        raise RejectedError("None of the selected executions is redrivable.")


def _redrive(service: ExecutionService, planned: Redrive, rate: Rate, audit_file: Path | None, output: Output) -> None:
    """Redrive; print the summary also after a failure or an interruption."""
    try:
        service.redrive(planned, rate, audit_file)
    finally:
        if planned.has_begun:
            notices(planned.problems)
            data = report.summary(planned)
            print_result(output, data, report.summary_lines(data))


def _end(failures: Sized) -> None:
    if failures:
        raise typer.Exit(1)


executions_app = typer.Typer(no_args_is_help=True)
executions_app.command("list")(expand(list_))
executions_app.command("redrive")(expand(redrive))
