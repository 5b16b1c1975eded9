"""Define the commands `executions list` and `executions redrive`: their flags and their output."""

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import typer
from rich.console import Console

from scripts.aws.context import StackContext, aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import RejectedError, StoppedError
from scripts.cli.options import (
    AuditOption,
    EmulatorOption,
    Output,
    OutputOption,
    RoutesOption,
    StackOption,
    StageName,
    StageOption,
)
from scripts.cli.progress import find_progress, redrive_progress
from scripts.cli.rate_limiter import Rate
from scripts.cli.signals import Interrupts
from scripts.cli.terminal import escape, escaped_json
from scripts.cli.times import parse_moment
from scripts.executions import opening, report
from scripts.executions.changing import redrive_session
from scripts.executions.flags import (
    AllExecutionsOption,
    ApplyOption,
    EndedSinceOption,
    NamesArgument,
    RedriveRateOption,
    ShowCauseOption,
    StateMachineOption,
    Status,
    StatusOption,
)
from scripts.executions.opening import ExecutionFilters
from scripts.executions.redriving import Redriving
from scripts.executions.selection import check_is_not_empty, select
from scripts.routes.check import ROUTES

executions_app = typer.Typer(
    help="Find executions of state machines that did not succeed, and redrive them.", no_args_is_help=True
)

_REDRIVABLE: Final = "14d"

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


@executions_app.command("list")
def list_(
    state_machine: StateMachineOption = None,
    status: StatusOption = None,
    since: EndedSinceOption = _REDRIVABLE,
    show_cause: ShowCauseOption = False,  # noqa: FBT002 -- a flag
    stage: StageOption = StageName.dev,
    routes: RoutesOption = ROUTES,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """List the executions that failed, timed out or were aborted, each with its event. Changes nothing.

    Exits 1 if a state machine or the log could not be read; the rest is shown.

    Example: alma-webhooks executions list --state-machine pod --since 24h --stage prod
    """
    filters = _filters(routes, state_machine, status, since)
    try:
        with aws_errors_explained():
            scope = open_stack_context(stage.value, stack, endpoint_url)
            with find_progress(_err) as progress:
                found = opening.find_executions(scope, filters, progress)
                origins = opening.origins(scope, found, progress)
    except KeyboardInterrupt:
        raise StoppedError("Interrupted; nothing was changed.") from None
    shown = [report.as_data(each, origins.get(each.arn), show_cause=show_cause) for each in found.executions]
    data = {"executions": shown, "notices": found.notices, "problems": found.problems}
    _print(output, data, report.lines(shown), [*found.notices, *found.problems])
    _end(found.problems)


@executions_app.command()
def redrive(
    names: NamesArgument = None,
    everything: AllExecutionsOption = False,  # noqa: FBT002 -- a flag
    state_machine: StateMachineOption = None,
    status: StatusOption = None,
    since: EndedSinceOption = "",
    yes: ApplyOption = False,  # noqa: FBT002 -- a flag
    rate: RedriveRateOption = 5,
    audit_file: AuditOption = None,
    stage: StageOption = StageName.dev,
    routes: RoutesOption = ROUTES,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Redrive executions: continue them from the failed state with the same input. Dry run without --yes.

    Exits 1 if some were not redriven, 3 if none is redrivable.

    Example: alma-webhooks executions redrive --state-machine pod --since 24h --stage prod --yes
    """
    check_is_not_empty(names or [], [state_machine, status, since], everything=everything)
    filters = _filters(routes, state_machine, status, since or ("" if names else _REDRIVABLE))
    with aws_errors_explained(), _interrupts() as interrupts:
        plan = _planned(open_stack_context(stage.value, stack, endpoint_url), filters, names or [])
        if yes and plan.redriving.redrivable:
            _redrive(plan, Rate(rate), audit_file, interrupts, output)
        else:
            _print_plan(plan, output)
    _end([*plan.problems, *plan.redriving.failed, *(plan.redriving.not_redrivable if yes else ())])


def _filters(
    routes: Path, state_machine: list[str] | None, status: list[Status] | None, since: str
) -> ExecutionFilters:
    begin = parse_moment("--since", since) if since else None
    return ExecutionFilters(routes, state_machine or [], [each.value for each in status or []], begin)


class _Plan(NamedTuple):
    scope: StackContext
    redriving: Redriving
    problems: list[str]
    filters: dict[str, Any]


@contextmanager
def _interrupts() -> Iterator[Interrupts]:
    try:
        with Interrupts() as interrupts:
            yield interrupts
    except KeyboardInterrupt:
        raise StoppedError("Interrupted: the other executions were not changed.") from None


def _planned(scope: StackContext, filters: ExecutionFilters, names: list[str]) -> _Plan:
    _err.print(", ".join(f"{name} {value}" for name, value in scope.facts().items()))
    with find_progress(_err) as progress:
        found = opening.find_executions(scope, filters, progress)
    selected = select(found.executions, names)
    unknown = [f"No execution {name} failed, timed out or was aborted." for name in selected.unknown]
    return _Plan(scope, Redriving(selected.executions), [*found.problems, *unknown], _as_facts(filters, names))


def _as_facts(filters: ExecutionFilters, names: list[str]) -> dict[str, Any]:
    """Return the filters for the audit log, without empty ones; of names only their number."""
    since = str(filters.since) if filters.since else ""
    facts = {
        "names": len(names),
        "state_machines": filters.state_machines,
        "statuses": filters.statuses,
        "since": since,
    }
    return {name: value for name, value in facts.items() if value}


def _print_plan(plan: _Plan, output: Output) -> None:
    data = report.plan(plan.redriving) | {"problems": plan.problems}
    _print(output, data, report.plan_lines(data), plan.problems)
    if plan.redriving.redrivable:
        _err.print("Dry run: nothing was changed. Pass --yes to redrive.")
    elif plan.redriving.not_redrivable:
        raise RejectedError("None of the selected executions is redrivable.")


def _redrive(plan: _Plan, rate: Rate, audit_file: Path | None, interrupts: Interrupts, output: Output) -> None:
    """Redrive the plan, and print the summary even after an error or an interruption."""
    with redrive_session(plan.scope, "redrive", audit_file=audit_file, filters=plan.filters) as session:
        try:
            with redrive_progress(_err) as progress:
                plan.redriving.run(plan.scope.aws.states, rate, progress, session, interrupts.deferred)
        finally:
            data = report.summary(plan.redriving) | {"problems": plan.problems}
            _print(output, data, report.summary_lines(data), plan.problems)


def _print(output: Output, data: dict[str, Any], lines: Iterable[str], notices: Iterable[str]) -> None:
    for sentence in notices:
        _err.print(escape(sentence))
    typer.echo(escaped_json(data) if output is Output.json else "\n".join(lines))


def _end(failures: Sized) -> None:
    if failures:
        raise typer.Exit(1)
