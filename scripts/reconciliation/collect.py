"""Takes a stack's reconciliation: asks the queue, reads the logs, has them joined. Prints nothing."""

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
from scripts.reconciliation.reconcile import Line, Patience, Reconciliation, Window, reconciliation_of
from scripts.reconciliation.window import window_of

# Lines come seconds late, and SQS' counts are right a minute after the last event ("GetQueueAttributes", Amazon SQS API
# Reference).
GRACE: Final = timedelta(minutes=2)

_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class Queue(NamedTuple):
    """What the webhook queue says of itself. Counts are approximate; durations are seconds."""

    now: datetime  # by AWS' clock: an operator's that is wrong must not make an event old
    visible: int
    not_visible: int
    delayed: int
    keeps: int
    visibility_timeout: int


class Taken(NamedTuple):
    """A reconciliation with what it rests on. `notes` say what it could not see."""

    reconciliation: Reconciliation
    window: Window
    queue: Queue
    patience: Patience
    notes: list[str]


def take(scope: StackContext, since: Moment, until: Moment | None, progress: LogProgress) -> Taken:
    """Reconcile the requests of all profiles. Raise ConfigurationError, FailedError or botocore's errors."""
    groups = log_groups_of(scope)
    # The queue first: what it no longer holds has its line when the logs are read.
    queue = _ask_queue(scope)
    now = milliseconds(queue.now)
    logs = Logs(scope.aws.logs, progress)
    window, notes = _cut_to_what_is_kept(logs, groups, window_of(since, until, queue.now), now)
    patience = Patience(
        now=now,
        queued=queue.visible + queue.not_visible + queue.delayed,
        queue_keeps=queue.keeps * 1000,
        longest_away=max(LONGEST_AWAY_SECONDS, queue.visibility_timeout) * 1000,
        grace=milliseconds_in(GRACE),
    )
    return Taken(
        reconciliation_of(_lines(logs, groups, window, patience), window, patience), window, queue, patience, notes
    )


def milliseconds_in(duration: timedelta) -> int:
    """A duration's length."""
    return duration // timedelta(milliseconds=1)


def _lines(logs: Logs, groups: LogGroups, window: Window, patience: Patience) -> Iterator[Line]:
    # Clocks differ, and whatever has been logged meanwhile helps.
    begin, end = max(0, window.since - patience.grace), patience.now + patience.grace
    yield from logs.of_ingest(groups.ingest, window.since, min(window.until + patience.grace, end))
    yield from logs.of_processor(groups.processor, begin, end)
    if groups.audit:
        yield from logs.of_operators(groups.audit, begin, end)


def _cut_to_what_is_kept(logs: Logs, groups: LogGroups, window: Window, now: int) -> tuple[Window, list[str]]:
    """The window without what was accepted before the logs begin: its outcomes could be gone."""
    notes = []
    for group in filter(None, groups):
        kept = logs.kept_since(group, now)
        if kept > window.since:
            days = round((now - kept) / milliseconds_in(timedelta(days=1)))
            notes.append(
                f"The log group {group} keeps lines for {days} d: the reconciliation begins with {rfc3339_of(kept)}."
            )
            window = window._replace(since=kept)
    if window.since >= window.until:
        raise ConfigurationError(f"--until is before what the logs still have. {' '.join(notes)}")
    return window, notes


def _ask_queue(scope: StackContext) -> Queue:
    url = scope.output("QueueUrl", "where its webhook queue is")
    names = [*_COUNTS, "MessageRetentionPeriod", "VisibilityTimeout"]
    answer = scope.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)  # type: ignore[arg-type] # plain strings
    numbers = [int(answer["Attributes"].get(name, 0)) for name in names]  # type: ignore[call-overload] # plain strings
    # The date is in whole seconds: the one that runs counts.
    return Queue(moment_of(answer) + timedelta(seconds=1), *numbers)
