"""How much lies on the webhook queue and among the dead letters, and since when. Receives no message.

"GetQueueAttributes", Amazon SQS API Reference: the counts are approximate. "Available CloudWatch metrics for Amazon
SQS", Amazon SQS Developer Guide: a queue that nobody uses has no points.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.errors import is_gone
from scripts.cli.advice import Advice
from scripts.doctor.finding import Check, Finding, State
from scripts.doctor.metric_data import Series, last_points
from scripts.doctor.subject import Subject

_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
# Points of a minute come late.
_LOOK_BACK: Final = timedelta(minutes=15)
# The alarm on the webhook queue's age waits as long: a first retry is no trouble.
_LEAST_PATIENCE: Final = timedelta(minutes=5)


class Load(NamedTuple):
    """What lies on a queue: how many messages, about, and how old the oldest is, if CloudWatch has a point."""

    messages: int
    age: timedelta | None
    visibility: timedelta

    @property
    def told(self) -> str:
        """For people."""
        age = f", the oldest for {_words(self.age)}" if self.age is not None and self.messages else ""
        return f"about {self.messages}{age}"


def checks(subject: Subject) -> Iterator[Check]:
    """Both queues."""
    yield Check("queue", partial(_webhooks, subject))
    yield Check("dead letters", partial(_dead_letters, subject))


def _webhooks(subject: Subject) -> Iterator[Finding]:
    load = _load(subject, subject.scope.output("QueueUrl", "where its webhook queue is"))
    if load is None:
        yield Finding("queue", State.bad, "the webhook queue is not there: no event can be accepted", subject.fixing)
    elif not load.messages:
        yield Finding("queue", State.ok, "no event waits on the webhook queue")
    elif load.age is None:
        told = f"{load.told} on the webhook queue; CloudWatch does not tell yet how old the oldest is"
        yield Finding("queue", State.unknown, told, Advice.later.text())
    elif load.age > (patience := max(_LEAST_PATIENCE, 2 * load.visibility)):
        told = f"{load.told} on the webhook queue, longer than {_words(patience)}: events are not taken, or fail"
        log = subject.scope.stack.outputs.get("ProcessorLogGroupName", "its log")
        yield Finding("queue", State.bad, told, Advice.read_retries.text(group=log))
    else:
        yield Finding("queue", State.ok, f"{load.told} on the webhook queue")


def _dead_letters(subject: Subject) -> Iterator[Finding]:
    load = _load(subject, subject.scope.output("DeadLetterQueueUrl", "where its dead letters are"))
    if load is None:
        told = "the dead-letter queue is not there: what is given up is lost"
        yield Finding("dead letters", State.bad, told, subject.fixing)
    elif load.messages:
        told = f"{load.told}; they expire 14 days after their arrival"
        yield Finding("dead letters", State.bad, told, Advice.list_dead_letters.text(options=subject.scope.options))
    else:
        yield Finding("dead letters", State.ok, "none")


def _load(subject: Subject, url: str) -> Load | None:
    """None when there is no such queue."""
    try:
        names = [*_COUNTS, "VisibilityTimeout"]
        attributes = subject.scope.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]  # type: ignore[arg-type] # plain strings
    except ClientError as error:
        if is_gone(error):
            return None
        raise
    numbers = [int(attributes.get(name, 0)) for name in names]  # type: ignore[call-overload] # plain strings
    count = sum(numbers[:-1])
    return Load(count, _age(subject, url) if count else None, timedelta(seconds=numbers[-1]))


def _age(subject: Subject, url: str) -> timedelta | None:
    name = url.rpartition("/")[2]
    series = Series("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": name}, "Maximum")
    begin, end = subject.theirs - _LOOK_BACK, subject.theirs + timedelta(minutes=1)
    [point] = last_points(subject.scope.aws.cloudwatch, [series], begin, end)
    return timedelta(seconds=point[1]) if point else None


def _words(age: timedelta) -> str:
    minutes = age // timedelta(minutes=1)
    for unit, length in (("d", 24 * 60), ("h", 60)):
        if minutes >= 2 * length:
            return f"{minutes // length} {unit}"
    return f"{minutes} min" if minutes else f"{age.seconds} s"
