"""The commands `dead-letters replay` and `edit`: flags and output."""

from datetime import UTC
from itertools import chain
from typing import Annotated, Final

import typer

from scripts.aws.logged_event import DEAD
from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.cli.options import AuditOption, Output, OutputOption, StackFlags, TimeoutOption, WaitOption
from scripts.cli.output import print_result
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.cli.times import parse_duration
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.flags import Choice, IgnoreReplayLimitOption, YesOption
from scripts.dead_letters.queue_checks import check_replay
from scripts.dead_letters.queue_name import QueueName, QueueOption
from scripts.dead_letters.replay_options import ReplayOptions, ReplayResult, rate_of
from scripts.dead_letters.replay_time import replay_time
from scripts.dead_letters.replay_wait import ReplayWait
from scripts.dead_letters.reports.outcomes import outcomes_data
from scripts.dead_letters.reports.replay import lines, plan_data, result_data
from scripts.dead_letters.reports.replay_time import time_lines
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.session import NOTHING_CHANGED, check_all_found, service_for_changes

RedeliverOption = Annotated[
    bool,
    typer.Option(
        "--redeliver",
        help="Deliver again, even to targets that have the event, or to a service that has accepted the notification.",
    ),
]
RateOption = Annotated[
    str,
    typer.Option(
        metavar="NUMBER|auto",
        help="Maximum dead letters per second; auto is 20, and fewer while the queue is behind.",
    ),
]

EXAMPLES: Final = "Example: alma-webhooks dead-letters replay --cause transient --since 24h --stage prod --yes --wait"

_INTERRUPTED: Final = (
    "Interrupted. The rest is visible again, up to ten dead letters only after some minutes. Run the command again to "
    "replay it."
)


def replay(
    *,
    choice: Choice,
    filters: Filters,
    queue: QueueOption = QueueName.webhooks,
    yes: YesOption = False,
    redeliver: RedeliverOption = False,
    ignore_replay_limit: IgnoreReplayLimitOption = False,
    rate: RateOption = "auto",
    wait: WaitOption = False,
    timeout: TimeoutOption = "60s",
    audit_file: AuditOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Send dead letters back to the queue that they came from, unchanged; a dry run without --yes.

    Targets that have an event, and services that accepted a notification, do not get it again. Exit 1 if one was not
    sent, 3 if all are kept back; with --wait also 1 if one failed again or has no outcome in time.
    """
    chosen, options = choice.among(filters), ReplayOptions(rate_of("--rate", rate), redeliver, ignore_replay_limit)
    limit = parse_duration("--timeout", timeout).total_seconds()
    check_replay(queue, yes=yes, redeliver=redeliver, wait=wait)
    with service_for_changes(stack, _INTERRUPTED if yes else NOTHING_CHANGED, audit_file, queue) as service:
        selection = service.select(chosen)
        if yes:
            _replay(service, selection, options, output, limit if wait else None)
        else:
            _plan(service, selection, options, output)


def _plan(service: DeadLetterService, selection: Selection, options: ReplayOptions, output: Output) -> None:
    plan = service.plan_replay(selection, options)
    time = replay_time(plan.would_send, options.rate, plan.queue)
    data = plan_data(plan, selection, time, redeliver=options.redeliver)
    print_result(output, data, chain(lines(data), map(escape, time_lines(time, UTC)) if plan.would_send else ()))
    check_all_found(selection)


def _replay(
    service: DeadLetterService, selection: Selection, options: ReplayOptions, output: Output, limit: float | None
) -> None:
    """Replay and wait up to `limit` seconds, if any; print the result also after a failure or an interruption."""
    result, waited = ReplayResult(), None if limit is None else service.open_wait()
    try:
        service.replay(selection, options._replace(on_sent=waited.on_sent) if waited else options, result)
        if waited and limit is not None:
            waited.run(limit)
    finally:
        if result.has_begun:
            data = result_data(result, selection) | (outcomes_data(waited) if waited else {})
            print_result(output, data, lines(data))
    _check(result, selection)
    if waited:
        check_outcomes(waited, service.scope.options, service.store.queue_name)


def _check(result: ReplayResult, selection: Selection) -> None:
    """Raise FailedError or RejectedError if something was not replayed."""
    check_all_found(selection)
    if result.send_failed or result.delete_failed:
        raise FailedError("The replay is incomplete: run the command again to replay the rest.")
    if result.kept_back and result.kept_back == result.chosen:
        raise RejectedError(
            "All of them are kept back: find out why they keep failing, then pass --ignore-replay-limit."
        )


def check_outcomes(waited: ReplayWait, options: str, name: QueueName = QueueName.webhooks) -> None:
    """Raise FailedError if a replayed event became a dead letter again, or has no outcome yet."""
    dead = [event.receipt_id for event, _ in waited.found if event.outcome == DEAD]
    if dead:
        count = plural(len(dead), f"replayed {name.noun}")
        explain = f"alma-webhooks dead-letters explain {dead[0]} {options}{name.options}"
        raise FailedError(f"{count} failed again; see why: {explain}")
    if waited.missing:
        count = plural(len(waited.missing), f"replayed {name.noun} has", f"replayed {name.noun}s have")
        follow = f"follow it: alma-webhooks trace {waited.missing[0]} --follow {options}"
        if waited.log_group:
            follow = f"look for {waited.missing[0]} in the log {waited.log_group}"
        raise FailedError(f"{count} no outcome yet; {follow}")
