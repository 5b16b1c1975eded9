"""Reconcile the events or the notifications of a stack: read the queue and the logs, and join them. Prints nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Final, NamedTuple

from processor.retries import LONGEST_AWAY_SECONDS
from scripts.aws.clients import Aws, moment_of
from scripts.aws.context import StackContext
from scripts.aws.logs import log_groups_of
from scripts.aws.notifications_stack import log_groups_of_notifications, required_notifications
from scripts.aws.queues import COUNTS
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.progress import LogProgress
from scripts.cli.times import Moment, milliseconds, milliseconds_of, rfc3339_of
from scripts.reconciliation.logs import LineObserver, Logs, observe_nothing
from scripts.reconciliation.notification_lines import NOTIFICATION_KINDS, NotificationLines
from scripts.reconciliation.reconcile import OutcomeDeadline, Reconciliation, TimeWindow, reconciliation_of

# Log lines arrive seconds late, and the counts of SQS are correct a minute after the last event ("GetQueueAttributes",
# Amazon SQS API Reference).
GRACE: Final = timedelta(minutes=2)
_DAY: Final = timedelta(days=1)

# A retry of a notification is logged with the time until it comes back, which `NotificationLines` adds.
_LONGEST_AWAY_OF_NOTIFICATIONS: Final = 0


class CollectedReconciliation(NamedTuple):
    """A reconciliation with the data it is based on.

    `queue` has the approximate numbers of messages: visible, not_visible, delayed. `notes` say which data was not
    available.
    """

    reconciliation: Reconciliation
    window: TimeWindow
    queue: Mapping[str, int]
    deadline: OutcomeDeadline
    notes: list[str]


def collect(
    scope: StackContext,
    since: Moment,
    until: Moment | None,
    progress: LogProgress,
    observe: LineObserver = observe_nothing,
) -> CollectedReconciliation:
    """Reconcile the requests of all profiles, and show each line that is read to `observe`.

    Raise ConfigurationError, FailedError or botocore's errors.
    """
    groups = log_groups_of(scope)
    # Read the queue first: events that leave it in the meantime have a line when the logs are read.
    url = scope.output("QueueUrl", "where its webhook queue is")
    now, queue, deadline = ask_queue(scope.aws, url, LONGEST_AWAY_SECONDS)
    logs = Logs(scope.aws.logs, progress, observe)
    window, notes = cut_to_what_is_kept(logs, groups, window_of(since, until, now), deadline.now)
    # Clocks differ, and lines logged in the meantime help.
    begin, end = max(0, window.since - deadline.grace), deadline.now + deadline.grace
    lines = chain(
        logs.of_ingest(groups.ingest, window.since, min(window.until + deadline.grace, end)),
        logs.of_processor(groups.processor, begin, end),
        logs.of_operators(groups.audit, begin, end) if groups.audit else (),
    )
    reconciliation = reconciliation_of(lines, window, deadline)
    return CollectedReconciliation(reconciliation, window, queue, deadline, notes)


def collect_notifications(
    scope: StackContext, since: Moment, until: Moment | None, progress: LogProgress
) -> CollectedReconciliation:
    """Reconcile the notifications that were queued in this time, by topic.

    Raise ConfigurationError, also if the stage has no notifications; FailedError or botocore's errors.
    """
    stack = required_notifications(scope)
    groups = {**log_groups_of_notifications(stack), "processor": log_groups_of(scope).processor}
    # Read the queue first: notifications that leave it in the meantime have a line when the logs are read.
    now, queue, deadline = ask_queue(scope.aws, stack.outputs["QueueUrl"], _LONGEST_AWAY_OF_NOTIFICATIONS)
    logs = Logs(scope.aws.logs, progress)
    window, notes = cut_to_what_is_kept(logs, groups.values(), window_of(since, until, now), deadline.now)
    found = NotificationLines()
    begin, end = max(0, window.since - deadline.grace), deadline.now + deadline.grace
    last = min(window.until + deadline.grace, end)
    found.of_producer(logs.lines(groups["producer"], ("accepted", "failed"), window.since, last))
    found.of_processor(logs.lines(groups["processor"], ("outcome", "retry"), window.since, last))
    found.of_sender(logs.lines(groups["sender"], ("outcome", "retry"), begin, end))
    reconciliation = reconciliation_of(found.lines(), window, deadline, NOTIFICATION_KINDS)
    return CollectedReconciliation(reconciliation, window, queue, deadline, notes)


def window_of(since: Moment, until: Moment | None, now: datetime) -> TimeWindow:
    """Return the window of `--since` and `--until`; `now` is the time by the clock of AWS.

    Raise ConfigurationError if the window is empty or in the future.
    """
    begin, end = milliseconds_of(since, now), milliseconds_of(until or now, now)
    if begin >= milliseconds(now):
        raise ConfigurationError(
            f"--since is not in the past: the time is {rfc3339_of(milliseconds(now))}, by the clock of AWS."
        )
    if begin >= end:
        raise ConfigurationError("--until is not after --since, so there is nothing to reconcile.")
    return TimeWindow(begin, min(end, milliseconds(now)))


def cut_to_what_is_kept(
    logs: Logs, groups: Iterable[str | None], window: TimeWindow, now: int
) -> tuple[TimeWindow, list[str]]:
    """Shorten the window to the time for which the logs are kept; older outcomes may have expired."""
    notes = []
    for group in filter(None, groups):
        kept = logs.kept_since(group, now)
        if kept > window.since:
            days = round(timedelta(milliseconds=now - kept) / _DAY)
            notes.append(
                f"The log group {group} keeps lines for {days} d, so the reconciliation starts at {rfc3339_of(kept)}."
            )
            window = window._replace(since=kept)
    if window.since >= window.until:
        raise ConfigurationError(f"--until is before the oldest log lines. {' '.join(notes)}")
    return window, notes


def ask_queue(aws: Aws, url: str, longest_away: int) -> tuple[datetime, dict[str, int], OutcomeDeadline]:
    """Return the time by the clock of AWS, the counts of the queue, and the deadline.

    `longest_away` is the longest delay of a retry in seconds. By a wrong local clock events would look old.
    """
    names = [*COUNTS, "MessageRetentionPeriod", "VisibilityTimeout"]
    answer = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)  # type: ignore[arg-type] # plain strings
    *counts, keeps, timeout = [int(answer["Attributes"].get(name, 0)) for name in names]  # type: ignore[call-overload] # plain strings
    now = moment_of(answer) + timedelta(seconds=1)  # the date is in whole seconds; round it up
    deadline = OutcomeDeadline(
        now=milliseconds(now),
        queued=sum(counts),
        queue_keeps=keeps * 1000,
        longest_away=max(longest_away, timeout) * 1000,
        grace=GRACE // timedelta(milliseconds=1),
    )
    return now, dict(zip(("visible", "not_visible", "delayed"), counts, strict=True)), deadline
