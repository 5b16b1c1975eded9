"""The command `dead-letters replay`: flags and output."""

from typing import Annotated, Final

import typer

from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.cli.options import AuditOption, Output, OutputOption, StackFlags
from scripts.cli.output import print_result
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.flags import Choice, IgnoreReplayLimitOption, YesOption
from scripts.dead_letters.replay import ReplayOptions, ReplayResult
from scripts.dead_letters.reports.replay import lines, plan_data, result_data
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.session import NOTHING_CHANGED, check_all_found, service_for_changes

RedeliverOption = Annotated[
    bool, typer.Option("--redeliver", help="Deliver to every target again, even to those that have the event.")
]
RateOption = Annotated[float, typer.Option(min=0.1, max=1000, help="Maximum dead letters per second.")]

EXAMPLES = "Example: alma-webhooks dead-letters replay --cause transient --since 24h --stage prod --yes"

_INTERRUPTED: Final = (
    "Interrupted. The rest is visible again, up to ten dead letters only after some minutes. Run the command again to "
    "replay it."
)


def replay(
    *,
    choice: Choice,
    filters: Filters,
    yes: YesOption = False,
    redeliver: RedeliverOption = False,
    ignore_replay_limit: IgnoreReplayLimitOption = False,
    rate: RateOption = 20,
    audit_file: AuditOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Send dead letters back to the webhook queue, unchanged; a dry run without --yes.

    Targets that have an event do not get it again. Exit 1 if one was not sent, 3 if all are kept back.
    """
    chosen, options = choice.among(filters), ReplayOptions(Rate(rate), redeliver, ignore_replay_limit)
    with service_for_changes(stack, _INTERRUPTED if yes else NOTHING_CHANGED, audit_file) as service:
        selection = service.select(chosen)
        (_replay if yes else _plan)(service, selection, options, output)


def _plan(service: DeadLetterService, selection: Selection, options: ReplayOptions, output: Output) -> None:
    plan = service.plan_replay(selection, options)
    print_result(plan_data(plan, selection, redeliver=options.redeliver), lines, output)
    check_all_found(selection)


def _replay(service: DeadLetterService, selection: Selection, options: ReplayOptions, output: Output) -> None:
    """Replay; print the result also after a failure or an interruption."""
    result = ReplayResult()
    try:
        service.replay(selection, options, result)
    finally:
        if result.has_begun:
            print_result(result_data(result, selection), lines, output)
    check_all_found(selection)
    if result.send_failed or result.delete_failed:
        raise FailedError("The replay is incomplete: run the command again to replay the rest.")
    if result.kept_back and result.kept_back == result.chosen:
        raise RejectedError(
            "All of them are kept back: find out why they keep failing, then pass --ignore-replay-limit."
        )
