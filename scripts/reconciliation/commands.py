"""Define the command `reconcile`: its flags and its output. `collect` does the work."""

import sys
from typing import Annotated, Final

import typer

from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, QueueSelector, SelectedQueueOption, StackFlags
from scripts.cli.output import NOTICES, print_result, width_of
from scripts.cli.progress import log_progress
from scripts.cli.times import parse_moment

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
    from scripts.reconciliation.collect import collect
    from scripts.reconciliation.report import as_data, lines

    if queue is QueueSelector.notifications:
        _reconcile_notifications(since, until, profile, stack, output)
        return
    begin, end = parse_moment("--since", since), until and parse_moment("--until", until)
    with stack_command(stack, _INTERRUPTED) as (scope, _), log_progress(NOTICES) as progress:
        chosen = scope.profile(profile) if profile else None
        data = as_data(scope, collect(scope, begin, end or None, progress), chosen)
    print_result(output, data, lines(data, width_of(sys.stdout)))
    if not data["reconciled"]:
        raise typer.Exit(1)


def _reconcile_notifications(
    since: str, until: str | None, profile: str | None, stack: StackFlags, output: Output
) -> None:
    from scripts.reconciliation.notification_report import notifications_data, notifications_lines
    from scripts.reconciliation.notifications import collect_notifications

    if profile:
        raise ConfigurationError("--alma-profile selects events. Omit it: notifications are reconciled by topic.")
    begin, end = parse_moment("--since", since), until and parse_moment("--until", until)
    with stack_command(stack, _INTERRUPTED) as (scope, _), log_progress(NOTICES) as progress:
        data = notifications_data(scope, collect_notifications(scope, begin, end or None, progress))
    print_result(output, data, notifications_lines(data, width_of(sys.stdout)))
    if not data["reconciled"]:
        raise typer.Exit(1)
