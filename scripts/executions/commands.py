"""The commands `executions list` and `redrive`: flags and printing; no finding, no redriving."""

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import typer
from rich.console import Console

from scripts.aws.context import StackContext, aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import RejectedError, StoppedError
from scripts.cli.options import EmulatorOption, Output, OutputOption, RoutesOption, StackOption, StageName, StageOption
from scripts.cli.progress import find_progress, redrive_progress
from scripts.cli.rate_limiter import Rate
from scripts.cli.signals import Interrupts
from scripts.cli.terminal import escape, escaped_json
from scripts.cli.times import parse_moment
from scripts.executions import opening, report
from scripts.executions.changing import changing
from scripts.executions.flags import (
    AllOption,
    AuditOption,
    CauseOption,
    NamesArgument,
    RateOption,
    SinceOption,
    StateMachineOption,
    Status,
    StatusOption,
    YesOption,
)
from scripts.executions.opening import Wanted
from scripts.executions.redriving import Redriving
from scripts.executions.selection import check_is_not_empty, select
from scripts.routes.check import ROUTES

executions_app = typer.Typer(
    help="Find the executions of state machines that did not succeed, and let them go on.", no_args_is_help=True
)

_REDRIVABLE: Final = "14d"

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


@executions_app.command("list")
def list_(
    state_machine: StateMachineOption = None,
    status: StatusOption = None,
    since: SinceOption = _REDRIVABLE,
    show_cause: CauseOption = False,  # noqa: FBT002 -- a flag
    stage: StageOption = StageName.dev,
    routes: RoutesOption = ROUTES,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Lists the executions that failed, timed out or were aborted, each with its event. Changes nothing.

    Exits 1 if a state machine or the log could not be read; what could be is shown.

    Example: alma-webhooks executions list --state-machine pod --since 24h --stage prod
    """
    wanted = _wanted(routes, state_machine, status, since)
    try:
        with aws_errors_explained():
            scope = open_stack_context(stage.value, stack, endpoint_url)
            with find_progress(_err) as progress:
                finding = opening.found(scope, wanted, progress)
                origins = opening.origins(scope, finding, progress)
    except KeyboardInterrupt:
        raise StoppedError("Interrupted; nothing was changed.") from None
    shown = [report.as_data(each, origins.get(each.arn), show_cause=show_cause) for each in finding.executions]
    data = {"executions": shown, "notices": finding.notices, "problems": finding.problems}
    _print(output, data, report.lines(shown), [*finding.notices, *finding.problems])
    _end(finding.problems)


@executions_app.command()
def redrive(
    names: NamesArgument = None,
    everything: AllOption = False,  # noqa: FBT002 -- a flag
    state_machine: StateMachineOption = None,
    status: StatusOption = None,
    since: SinceOption = "",
    yes: YesOption = False,  # noqa: FBT002 -- a flag
    rate: RateOption = 5,
    audit_file: AuditOption = None,
    stage: StageOption = StageName.dev,
    routes: RoutesOption = ROUTES,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Lets executions go on from the state that failed, with the same input. Shows the plan, unless --yes is said.

    Exits 1 if some were not redriven, 3 if none can be.

    Example: alma-webhooks executions redrive --state-machine pod --since 24h --stage prod --yes
    """
    check_is_not_empty(names or [], [state_machine, status, since], everything=everything)
    wanted = _wanted(routes, state_machine, status, since or ("" if names else _REDRIVABLE))
    with aws_errors_explained(), _interrupts() as interrupts:
        plan = _planned(open_stack_context(stage.value, stack, endpoint_url), wanted, names or [])
        if yes and plan.redriving.redrivable:
            _redrive(plan, Rate(rate), audit_file, interrupts, output)
        else:
            _print_plan(plan, output)
    _end([*plan.problems, *plan.redriving.failed, *(plan.redriving.refused if yes else ())])


def _wanted(routes: Path, state_machine: list[str] | None, status: list[Status] | None, since: str) -> Wanted:
    begin = parse_moment("--since", since) if since else None
    return Wanted(routes, state_machine or [], [each.value for each in status or []], begin)


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
        raise StoppedError("Interrupted: what was not redriven is as it was.") from None


def _planned(scope: StackContext, wanted: Wanted, names: list[str]) -> _Plan:
    _err.print(", ".join(f"{name} {value}" for name, value in scope.facts().items()))
    with find_progress(_err) as progress:
        finding = opening.found(scope, wanted, progress)
    selected = select(finding.executions, names)
    unknown = [f"{name} is none of the executions that failed, timed out or were aborted." for name in selected.unknown]
    return _Plan(scope, Redriving(selected.executions), [*finding.problems, *unknown], _told(wanted, names))


def _told(wanted: Wanted, names: list[str]) -> dict[str, Any]:
    """What was chosen by, without what is empty; of names the number, for each execution has its own line."""
    since = str(wanted.since) if wanted.since else ""
    said = {"names": len(names), "state_machines": wanted.state_machines, "statuses": wanted.statuses, "since": since}
    return {name: value for name, value in said.items() if value}


def _print_plan(plan: _Plan, output: Output) -> None:
    data = report.plan(plan.redriving) | {"problems": plan.problems}
    _print(output, data, report.plan_lines(data), plan.problems)
    if plan.redriving.redrivable:
        _err.print("Nothing was done: say --yes to redrive them.")
    elif plan.redriving.refused:
        raise RejectedError("None of these executions can be redriven.")


def _redrive(plan: _Plan, rate: Rate, audit_file: Path | None, interrupts: Interrupts, output: Output) -> None:
    """Prints the summary however it ends, if it was allowed to begin."""
    with changing(plan.scope, "redrive", audit_file=audit_file, filters=plan.filters) as change:
        try:
            with redrive_progress(_err) as progress:
                plan.redriving.run(plan.scope.aws.states, rate, progress, change, interrupts.deferred)
        finally:
            data = report.summary(plan.redriving) | {"problems": plan.problems}
            _print(output, data, report.summary_lines(data), plan.problems)


def _print(output: Output, data: dict[str, Any], lines: Iterable[str], told: Iterable[str]) -> None:
    for sentence in told:
        _err.print(escape(sentence))
    typer.echo(escaped_json(data) if output is Output.json else "\n".join(lines))


def _end(failures: Sized) -> None:
    if failures:
        raise typer.Exit(1)
