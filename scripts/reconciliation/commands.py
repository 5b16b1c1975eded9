"""Define the command `reconcile`: its flags and its output. `collect` does the work."""

import sys
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from scripts.aws.context import StackContext
from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, QueueSelector, SelectedQueueOption, StackFlags
from scripts.cli.output import NOTICES, Data, print_result, width_of
from scripts.cli.progress import log_progress
from scripts.cli.times import Moment, parse_moment

AcceptedSinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="Accepted since TIME: 90m, 24h or 3d ago, or e.g. 2026-11-24T00:00:00Z.")
]
AcceptedUntilOption = Annotated[str | None, typer.Option(metavar="TIME", help="Accepted before TIME; default: now.")]
OneProfileOption = Annotated[str | None, typer.Option("--alma-profile", help="Only this Alma profile; default: all.")]

_INTERRUPTED: Final = "Interrupted before all log lines were read, so there is no result."


@expand
def reconcile(
    *,
    since: AcceptedSinceOption,
    until: AcceptedUntilOption = None,
    profile: OneProfileOption = None,
    queue: SelectedQueueOption = QueueSelector.webhooks,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Reconcile accepted events with their outcomes, and list the missing ones. Changes nothing.

    With --queue notifications it reconciles queued notifications with their outcomes, by topic. Exits 1 if one is
    missing or a log cannot be read.

    Example: alma-webhooks reconcile --since 24h --stage prod
    """
    if profile and queue is QueueSelector.notifications:
        raise ConfigurationError("--alma-profile selects events. Omit it: notifications are reconciled by topic.")
    begin, end = parse_moment("--since", since), parse_moment("--until", until) if until else None
    with stack_command(stack, _INTERRUPTED) as (scope, _):
        data, lines = _reconciled(scope, begin, end, profile, queue)
    print_result(output, data, lines)
    if not data["reconciled"]:
        raise typer.Exit(1)


def _reconciled(
    scope: StackContext, begin: Moment, end: Moment | None, profile: str | None, queue: QueueSelector
) -> tuple[Data, Iterator[str]]:
    """Return the result as JSON data and as lines of text."""
    from scripts.reconciliation import notification_report, report
    from scripts.reconciliation.collect import collect, collect_notifications

    width = width_of(sys.stdout)
    with log_progress(NOTICES) as progress:
        if queue is QueueSelector.notifications:
            data = notification_report.as_data(scope, collect_notifications(scope, begin, end, progress))
            return data, notification_report.lines(data, width)
        chosen = scope.profile(profile) if profile else None
        data = report.as_data(scope, collect(scope, begin, end, progress), chosen)
        return data, report.lines(data, width)
