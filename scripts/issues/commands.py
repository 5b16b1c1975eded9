"""The commands `issues …`: flags and output."""

import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

import typer

from scripts.aws.stack_command import stack_command
from scripts.cli.flag_groups import expand
from scripts.cli.options import AuditOption, Output, OutputOption, RoutesOption, StackFlags
from scripts.cli.output import NOTICES, notices, print_result, width_of
from scripts.cli.progress import ConsoleProgress
from scripts.issues import report
from scripts.issues.service import IssueChange, IssueService, check_note
from scripts.issues.store import IssueState
from scripts.routes.check import ROUTES


class StateFilter(StrEnum):
    """The states to list."""

    open = "open"
    acknowledged = "acknowledged"
    resolved = "resolved"
    all = "all"

    @property
    def states(self) -> tuple[IssueState, ...]:
        """The states; none for all of them."""
        return () if self is StateFilter.all else (IssueState(self.value),)


KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Key of an issue, as list prints it.")]
NoteOption = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT", help="Note for other operators, up to 1,000 characters; no patron data. Default: keep the note."
    ),
]
StateOption = Annotated[StateFilter, typer.Option("--state", help="Filter by state.")]


@dataclass(frozen=True, kw_only=True)
class ChangeFlags:
    """The issue to change, and the flags of every change."""

    key: KeyArgument
    note: NoteOption = None
    audit_file: AuditOption = None
    routes: RoutesOption = ROUTES


_INTERRUPTED: Final = "Interrupted; nothing was changed."
_STOPPED: Final = "Interrupted: see the issue for its state."


def list_(
    *,
    state: StateOption = StateFilter.open,
    routes: RoutesOption = ROUTES,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """List issues: dead letters and failed executions, grouped by cause. Changes nothing.

    An issue that was acknowledged or resolved is open again if it recurs. Resolved ones are kept for 90 days.

    Exits 1 if a state machine or the log could not be read; the rest is shown.

    Example: alma-webhooks issues list --state all --stage prod
    """
    with stack_command(stack, _INTERRUPTED) as (scope, _):
        listing = IssueService(scope, routes, ConsoleProgress(NOTICES)).list()
    notices([*listing.notices, *listing.problems])
    data = report.as_data(listing, state.states)
    print_result(output, data, report.lines(data, width_of(sys.stdout)))
    if listing.problems:
        raise typer.Exit(1)


def show(
    *,
    key: KeyArgument,
    routes: RoutesOption = ROUTES,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Show an issue: its cause, counts over time, state and note. Changes nothing.

    Exits 1 if it is not found.

    Example: alma-webhooks issues show 0123456789ab --stage prod
    """
    with stack_command(stack, _INTERRUPTED) as (scope, _):
        listing = IssueService(scope, routes, ConsoleProgress(NOTICES)).list()
    notices([*listing.notices, *listing.problems])
    issue = listing.find(key)
    print_result(output, report.issue_data(issue), report.show_lines(issue, scope.options))


def acknowledge(*, change: ChangeFlags, stack: StackFlags, output: OutputOption = Output.text) -> None:
    """Acknowledge an issue: somebody works on it. It is open again if it recurs.

    Example: alma-webhooks issues acknowledge 0123456789ab --note "asked IT" --stage prod
    """
    _change(IssueState.acknowledged, change, stack, output)


def resolve(*, change: ChangeFlags, stack: StackFlags, output: OutputOption = Output.text) -> None:
    """Resolve an issue: its cause is fixed. It is open again if it recurs. Dead letters stay where they are.

    Example: alma-webhooks issues resolve 0123456789ab --note "topic recreated" --stage prod
    """
    _change(IssueState.resolved, change, stack, output)


def reopen(*, change: ChangeFlags, stack: StackFlags, output: OutputOption = Output.text) -> None:
    """Reopen an issue that was acknowledged or resolved.

    Example: alma-webhooks issues reopen 0123456789ab --stage prod
    """
    _change(IssueState.open, change, stack, output)


def _change(state: IssueState, change: ChangeFlags, stack: StackFlags, output: Output) -> None:
    check_note(change.note)
    with stack_command(stack, _STOPPED) as (scope, interrupts):
        progress = ConsoleProgress(NOTICES)
        service = IssueService(scope, change.routes, progress, interrupts.deferred, change.audit_file)
        service.check_can_change()
        changed = service.change(service.list().find(change.key), IssueChange(state, change.note))
    print_result(output, report.issue_data(changed), report.changed_lines(changed))


issues_app = typer.Typer(no_args_is_help=True)
issues_app.command("list")(expand(list_))
issues_app.command("show")(expand(show))
issues_app.command("acknowledge")(expand(acknowledge))
issues_app.command("resolve")(expand(resolve))
issues_app.command("reopen")(expand(reopen))
