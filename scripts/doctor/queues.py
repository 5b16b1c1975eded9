"""Check how many messages the webhook queue and the dead-letter queue hold, and how old they are.

Receives no message. "GetQueueAttributes", Amazon SQS API Reference: the counts are approximate. "Available CloudWatch
metrics for Amazon SQS", Amazon SQS Developer Guide: an inactive queue has no points.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.errors import is_gone
from scripts.cli.advice import Advice
from scripts.cli.plural import plural
from scripts.doctor.finding import Check, Finding, Health
from scripts.doctor.metric_data import Series, last_points
from scripts.doctor.subject import Subject

_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
# CloudWatch publishes points with a delay.
_LOOK_BACK: Final = timedelta(minutes=15)
# As long as the alarm on the age of the webhook queue waits: a first retry is normal.
_LEAST_AGE_LIMIT: Final = timedelta(minutes=5)


class QueueLoad(NamedTuple):
    """The approximate number of messages on a queue, and the age of the oldest one if CloudWatch has a point."""

    messages: int
    age: timedelta | None
    visibility: timedelta

    @property
    def text(self) -> str:
        """The number and the age as text."""
        age = f", oldest {_words(self.age)}" if self.age is not None and self.messages else ""
        return f"about {plural(self.messages, 'message')}{age}"


def checks(subject: Subject) -> Iterator[Check]:
    """Yield one check for each queue."""
    yield Check("queue", partial(_webhooks, subject))
    yield Check("dead letters", partial(_dead_letters, subject))


def _webhooks(subject: Subject) -> Iterator[Finding]:
    load = _load(subject, subject.scope.output("QueueUrl", "where its webhook queue is"))
    if load is None:
        yield Finding(
            "queue",
            Health.unhealthy,
            "the webhook queue does not exist, so no event can be accepted",
            subject.repair_fix,
        )
    elif not load.messages:
        yield Finding("queue", Health.ok, "no event is waiting on the webhook queue")
    elif load.age is None:
        message = f"{load.text} on the webhook queue; CloudWatch has no data yet on the age of the oldest"
        yield Finding("queue", Health.unknown, message, Advice.later.text())
    elif load.age > (limit := max(_LEAST_AGE_LIMIT, 2 * load.visibility)):
        message = f"{load.text} on the webhook queue (limit {_words(limit)}): events are not processed, or fail"
        log = subject.scope.stack.outputs.get("ProcessorLogGroupName", "its log")
        yield Finding("queue", Health.unhealthy, message, Advice.read_retries.text(group=log))
    else:
        yield Finding("queue", Health.ok, f"{load.text} on the webhook queue")


def _dead_letters(subject: Subject) -> Iterator[Finding]:
    load = _load(subject, subject.scope.output("DeadLetterQueueUrl", "where its dead letters are"))
    if load is None:
        message = "the dead-letter queue does not exist, so events that fail permanently are lost"
        yield Finding("dead letters", Health.unhealthy, message, subject.repair_fix)
    elif load.messages:
        message = f"{load.text}; they expire 14 days after they arrived"
        yield Finding(
            "dead letters", Health.unhealthy, message, Advice.list_dead_letters.text(options=subject.scope.options)
        )
    else:
        yield Finding("dead letters", Health.ok, "no dead letters")


def _load(subject: Subject, url: str) -> QueueLoad | None:
    """Read the load of a queue; None if the queue does not exist."""
    try:
        names = [*_COUNTS, "VisibilityTimeout"]
        attributes = subject.scope.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]  # type: ignore[arg-type] # plain strings
    except ClientError as error:
        if is_gone(error):
            return None
        raise
    numbers = [int(attributes.get(name, 0)) for name in names]  # type: ignore[call-overload] # plain strings
    count = sum(numbers[:-1])
    return QueueLoad(count, _age(subject, url) if count else None, timedelta(seconds=numbers[-1]))


def _age(subject: Subject, url: str) -> timedelta | None:
    name = url.rpartition("/")[2]
    series = Series("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": name}, "Maximum")
    begin, end = subject.aws_time - _LOOK_BACK, subject.aws_time + timedelta(minutes=1)
    [point] = last_points(subject.scope.aws.cloudwatch, [series], begin, end)
    return timedelta(seconds=point[1]) if point else None


def _words(age: timedelta) -> str:
    minutes = age // timedelta(minutes=1)
    for unit, length in (("d", 24 * 60), ("h", 60)):
        if minutes >= 2 * length:
            return f"{minutes // length} {unit}"
    return f"{minutes} min" if minutes else f"{age.seconds} s"
