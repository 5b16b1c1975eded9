"""Collect the data of a reconciliation from the webhook queue and the logs of a stack, and join it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from processor.retries import LONGEST_AWAY_SECONDS
from scripts.aws.clients import moment_of
from scripts.aws.context import StackContext
from scripts.aws.logs import LogGroups, log_groups_of
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.progress import LogProgress
from scripts.cli.times import Moment, milliseconds, rfc3339_of
from scripts.reconciliation.log_lines import Logs
from scripts.reconciliation.reconcile import (
    OutcomeDeadline,
    Reconciliation,
    ReconciliationLine,
    TimeWindow,
    reconciliation_of,
)
from scripts.reconciliation.window import window_of

# Log lines arrive seconds late, and the counts of SQS are correct a minute after the last event ("GetQueueAttributes",
# Amazon SQS API Reference).
GRACE: Final = timedelta(minutes=2)

_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class QueueState(NamedTuple):
    """The attributes of the webhook queue. Counts are approximate; durations are in seconds."""

    now: datetime  # by the clock of AWS, so that a wrong local clock does not make events look old
    visible: int
    not_visible: int
    delayed: int
    keeps: int
    visibility_timeout: int


class CollectedReconciliation(NamedTuple):
    """A reconciliation with the data it is based on. `notes` say which data was not available."""

    reconciliation: Reconciliation
    window: TimeWindow
    queue: QueueState
    deadline: OutcomeDeadline
    notes: list[str]


def collect(scope: StackContext, since: Moment, until: Moment | None, progress: LogProgress) -> CollectedReconciliation:
    """Reconcile the requests of all profiles. Raise ConfigurationError, FailedError or botocore's errors."""
    groups = log_groups_of(scope)
    # Read the queue first: events that leave it in the meantime have a line when the logs are read.
    queue = _ask_queue(scope)
    now = milliseconds(queue.now)
    logs = Logs(scope.aws.logs, progress)
    window, notes = _cut_to_what_is_kept(logs, groups, window_of(since, until, queue.now), now)
    deadline = OutcomeDeadline(
        now=now,
        queued=queue.visible + queue.not_visible + queue.delayed,
        queue_keeps=queue.keeps * 1000,
        longest_away=max(LONGEST_AWAY_SECONDS, queue.visibility_timeout) * 1000,
        grace=milliseconds_in(GRACE),
    )
    return CollectedReconciliation(
        reconciliation_of(_lines(logs, groups, window, deadline), window, deadline), window, queue, deadline, notes
    )


def milliseconds_in(duration: timedelta) -> int:
    """Convert a duration to milliseconds."""
    return duration // timedelta(milliseconds=1)


def _lines(
    logs: Logs, groups: LogGroups, window: TimeWindow, deadline: OutcomeDeadline
) -> Iterator[ReconciliationLine]:
    # Clocks differ, and lines logged in the meantime help.
    begin, end = max(0, window.since - deadline.grace), deadline.now + deadline.grace
    yield from logs.of_ingest(groups.ingest, window.since, min(window.until + deadline.grace, end))
    yield from logs.of_processor(groups.processor, begin, end)
    if groups.audit:
        yield from logs.of_operators(groups.audit, begin, end)


def _cut_to_what_is_kept(logs: Logs, groups: LogGroups, window: TimeWindow, now: int) -> tuple[TimeWindow, list[str]]:
    """Shorten the window to the time for which the logs are kept; older outcomes may have expired."""
    notes = []
    for group in filter(None, groups):
        kept = logs.kept_since(group, now)
        if kept > window.since:
            days = round((now - kept) / milliseconds_in(timedelta(days=1)))
            notes.append(
                f"The log group {group} keeps lines for {days} d, so the reconciliation starts at {rfc3339_of(kept)}."
            )
            window = window._replace(since=kept)
    if window.since >= window.until:
        raise ConfigurationError(f"--until is before the oldest log lines. {' '.join(notes)}")
    return window, notes


def _ask_queue(scope: StackContext) -> QueueState:
    url = scope.output("QueueUrl", "where its webhook queue is")
    names = [*_COUNTS, "MessageRetentionPeriod", "VisibilityTimeout"]
    answer = scope.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)  # type: ignore[arg-type] # plain strings
    numbers = [int(answer["Attributes"].get(name, 0)) for name in names]  # type: ignore[call-overload] # plain strings
    # The date is in whole seconds; round it up.
    return QueueState(moment_of(answer) + timedelta(seconds=1), *numbers)
