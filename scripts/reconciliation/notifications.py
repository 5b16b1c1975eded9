"""Reconcile the notifications of a stage: read their queue and the logs of three functions. Prints nothing."""

from scripts.aws.context import StackContext
from scripts.aws.logs import log_groups_of
from scripts.aws.notifications_stack import log_groups_of_notifications, required_notifications
from scripts.cli.progress import LogProgress
from scripts.cli.times import Moment
from scripts.reconciliation.collect import CollectedReconciliation, ask_queue, cut_to_what_is_kept, window_of
from scripts.reconciliation.logs import Logs
from scripts.reconciliation.notification_lines import NOTIFICATION_KINDS, NotificationLines
from scripts.reconciliation.reconcile import reconciliation_of

# A retry is logged with the time until it comes back, which `NotificationLines` adds.
_LONGEST_AWAY_SECONDS = 0


def collect_notifications(
    scope: StackContext, since: Moment, until: Moment | None, progress: LogProgress
) -> CollectedReconciliation:
    """Reconcile the notifications that were queued in this time, by topic.

    Raise ConfigurationError, also if the stage has no notifications; FailedError or botocore's errors.
    """
    stack = required_notifications(scope)
    groups = {**log_groups_of_notifications(stack), "processor": log_groups_of(scope).processor}
    # Read the queue first: notifications that leave it in the meantime have a line when the logs are read.
    now, queue, deadline = ask_queue(scope.aws, stack.outputs["QueueUrl"], _LONGEST_AWAY_SECONDS)
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
