"""Read what the overview of a stack shows: its traffic, the load of its queues, its alarms. Prints nothing.

Each of the three is read on its own, so that one that cannot be read does not hide the others.
"""

from datetime import datetime, tzinfo
from typing import Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.clients import Aws, moment_of
from scripts.aws.context import StackContext
from scripts.aws.errors import why_unanswered
from scripts.aws.notifications_stack import notifications_of
from scripts.cli.advice import Fix
from scripts.cli.exit_codes import FailedError
from scripts.cli.progress import LogProgress
from scripts.cli.times import milliseconds
from scripts.doctor.alarms import deployed_alarms, next_step
from scripts.doctor.queue_load import QueueLoad, age_of_oldest, depth_of
from scripts.drain.estimate import Drain
from scripts.drain.service import DrainReader
from scripts.overview.buckets import Buckets, OverviewWindow
from scripts.overview.flow import Flow, flow_of
from scripts.overview.traffic import Traffic, TrafficCounter
from scripts.reconciliation.collect import collect
from scripts.reconciliation.reconcile import TimeWindow

WEBHOOKS: Final = "webhook queue"
DEAD_LETTERS: Final = "dead letters"
NOTIFICATIONS: Final = "notifications queue"
DEAD_NOTIFICATIONS: Final = "dead letters of notifications"


class EventSummary(NamedTuple):
    """Where the events of a window are now, and what the logs say about them."""

    flow: Flow
    traffic: Traffic


class WaitingMessages(NamedTuple):
    """The messages on a queue, whose `name` is one of the constants above; without a `load` it does not exist.

    `age_problem` says why the age of the oldest message could not be read; it is empty if CloudWatch has no point.
    `drain` is when the webhook queue will be empty, if somebody has read that.
    """

    name: str
    load: QueueLoad | None
    age_problem: str = ""
    drain: Drain | None = None

    @property
    def holds_dead_letters(self) -> bool:
        """Whether what is on the queue waits for an operator."""
        return self.name in {DEAD_LETTERS, DEAD_NOTIFICATIONS}

    @property
    def messages(self) -> int:
        """The approximate number of messages; 0 for a queue that does not exist."""
        return self.load.messages if self.load else 0


class ActiveAlarm(NamedTuple):
    """An alarm that is in alarm: since when, AWS's reason, and what to do first."""

    name: str
    since: datetime | None
    reason: str
    next_step: Fix


class AlarmStates(NamedTuple):
    """The alarms of a stack: those in alarm, the names of those without data, and how many are quiet."""

    active: list[ActiveAlarm]
    without_data: list[str]
    quiet: int

    @property
    def total(self) -> int:
        """The number of alarms that are deployed."""
        return len(self.active) + len(self.without_data) + self.quiet


def events_of(scope: StackContext, window: OverviewWindow, zone: tzinfo | None, progress: LogProgress) -> EventSummary:
    """Read the logs of a window once. Raise ConfigurationError, FailedError or botocore's errors.

    Buckets begin at full hours and days of `zone`, by default of this computer's time zone.
    """
    now = _aws_time(scope)
    span = window.span
    asked = TimeWindow(milliseconds(now - span.length), milliseconds(now))
    counter = TrafficCounter(Buckets(asked, span.step, zone))
    collected = collect(scope, now - span.length, now, progress, counter.add)
    return EventSummary(flow_of(collected), counter.traffic())


def waiting_of(scope: StackContext, drains: DrainReader | None = None) -> list[WaitingMessages]:
    """Read the load of the queues, and with `drains` when the webhook queue will be empty.

    Raise ConfigurationError for a stack without them, and botocore's errors.
    """
    urls = {
        WEBHOOKS: scope.output("QueueUrl", "where its webhook queue is"),
        DEAD_LETTERS: scope.output("DeadLetterQueueUrl", "where its dead letters are"),
    }
    if notifications := notifications_of(scope):
        urls |= {
            NOTIFICATIONS: notifications.outputs["QueueUrl"],
            DEAD_NOTIFICATIONS: notifications.outputs["DeadLetterQueueUrl"],
        }
    now = _aws_time(scope)
    found = [_waiting(scope.aws, name, url, now) for name, url in urls.items()]
    return [_drained(each, drains) for each in found]


def alarms_of(scope: StackContext) -> AlarmStates:
    """Read the states of the deployed alarms, composite ones first. Raise botocore's errors."""
    found = sorted(deployed_alarms(scope.aws, scope.stack.name).values(), key=_order)
    states = [alarm["StateValue"] for alarm in found]
    return AlarmStates(
        [_active(alarm) for alarm in found if alarm["StateValue"] == "ALARM"],
        [alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "INSUFFICIENT_DATA"],
        states.count("OK"),
    )


def _waiting(aws: Aws, name: str, url: str, now: datetime) -> WaitingMessages:
    load = depth_of(aws.sqs, url)
    if not load or not load.messages:
        return WaitingMessages(name, load)
    try:
        return WaitingMessages(name, load._replace(age=age_of_oldest(aws.cloudwatch, url, now)))
    except (ClientError, BotoCoreError) as error:
        return WaitingMessages(name, load, why_unanswered(error)[0])
    except FailedError as error:
        return WaitingMessages(name, load, str(error).rstrip("."))


def _drained(found: WaitingMessages, drains: DrainReader | None) -> WaitingMessages:
    if drains is None or found.load is None or found.name != WEBHOOKS:
        return found
    return found._replace(drain=drains.read())


def _active(alarm: dict[str, Any]) -> ActiveAlarm:
    reason = " ".join(alarm.get("StateReason", "").split())
    return ActiveAlarm(alarm["AlarmName"], alarm.get("StateUpdatedTimestamp"), reason, next_step(alarm))


def _order(alarm: dict[str, Any]) -> tuple[bool, str]:
    return "AlarmRule" not in alarm, alarm["AlarmName"]


def _aws_time(scope: StackContext) -> datetime:
    """Return the time by AWS, because the clock of this computer may be wrong."""
    return moment_of(scope.aws.sts.get_caller_identity())
