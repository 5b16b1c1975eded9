"""Read how many messages are on a queue, and how old the oldest one is. Receives no message.

"Available CloudWatch metrics for Amazon SQS", Amazon SQS Developer Guide: an inactive queue has no points.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from scripts.aws.clients import Aws
from scripts.aws.metric_data import Series, points
from scripts.aws.queues import COUNTS, queue_attributes
from scripts.cli.plural import plural

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sqs import SQSClient

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
        age = f", oldest {age_text(self.age)}" if self.age is not None and self.messages else ""
        return f"about {plural(self.messages, 'message')}{age}"

    @property
    def age_limit(self) -> timedelta:
        """The age from which on the queue is unhealthy."""
        return max(_LEAST_AGE_LIMIT, 2 * self.visibility)


def load_of(aws: Aws, url: str, now: datetime) -> QueueLoad | None:
    """Read the load of a queue; None if the queue does not exist. `now` is the time by AWS. Raise botocore's errors."""
    load = depth_of(aws.sqs, url)
    return load and load._replace(age=age_of_oldest(aws.cloudwatch, url, now) if load.messages else None)


def depth_of(sqs: "SQSClient", url: str) -> QueueLoad | None:
    """Read the load without the age, which is another right; None if the queue does not exist."""
    attributes = queue_attributes(sqs, url, [*COUNTS, "VisibilityTimeout"])
    if attributes is None:
        return None
    count = sum(int(attributes.get(name, 0)) for name in COUNTS)
    return QueueLoad(count, None, timedelta(seconds=int(attributes.get("VisibilityTimeout", 0))))


def age_of_oldest(cloudwatch: "CloudWatchClient", url: str, now: datetime) -> timedelta | None:
    """Read the age of the oldest message; None if CloudWatch has no point. Raise FailedError and botocore's errors."""
    series = Series("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": url.rpartition("/")[2]}, "Maximum")
    [found] = points(cloudwatch, [series], now - _LOOK_BACK, now + timedelta(minutes=1))
    return timedelta(seconds=found[-1].value) if found else None


def age_text(age: timedelta) -> str:
    """Return an age in days, hours, minutes or seconds."""
    minutes = age // timedelta(minutes=1)
    for unit, length in (("d", 24 * 60), ("h", 60)):
        if minutes >= 2 * length:
            return f"{minutes // length} {unit}"
    return f"{minutes} min" if minutes else f"{age.seconds} s"
