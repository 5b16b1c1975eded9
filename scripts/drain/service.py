"""Read the counts and the pace of the webhook queue, to estimate when it will be empty. Prints nothing.

"Available CloudWatch metrics for Amazon SQS", Amazon SQS Developer Guide; "Types of metrics for Lambda functions", AWS
Lambda Developer Guide. Points are of a minute and a few minutes late; a queue that was inactive has none at first.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.clients import moment_of
from scripts.aws.context import StackContext
from scripts.aws.errors import why_unanswered
from scripts.aws.metric_data import Point, Series, points
from scripts.cli.exit_codes import CommandError
from scripts.drain.estimate import WINDOW, Drain, QueueCount, QueueNow, Workers, estimate

_MINUTE: Final = timedelta(minutes=1)
_NO_POINTS: Final = "CloudWatch has too few points yet"
_WAITING: Final = "ApproximateNumberOfMessages"
_IN_FLIGHT: Final = "ApproximateNumberOfMessagesNotVisible"
_SECONDS: Final = 60
_MOST_COUNTS: Final = 1000


class DrainReader:
    """Reads the drain of the webhook queue of a stack. It keeps the counts of its own looks, besides CloudWatch's."""

    def __init__(self, scope: StackContext) -> None:
        self._scope = scope
        self._counts: deque[QueueCount] = deque(maxlen=_MOST_COUNTS)
        self._metrics: tuple[list[QueueCount], Workers, str] = ([], Workers(), "")
        self._metrics_at: datetime | None = None

    def read(self) -> Drain:
        """Look at the queue once. CloudWatch is read if messages wait, at most once a minute.

        Raise ConfigurationError for a stack without the queue, and botocore's errors of SQS. If CloudWatch cannot be
        read, the drain says so.
        """
        now = self._now()
        if now.waiting and (self._metrics_at is None or now.at - self._metrics_at >= _MINUTE):
            self._metrics, self._metrics_at = self._read_metrics(now.at), now.at
        counts, workers, problem = self._metrics
        drain = estimate(now, [*counts, *self._counts], workers, "" if self._counts else problem)
        self._counts.append(QueueCount(now.at, now.waiting))
        return drain

    def _now(self) -> QueueNow:
        url = self._scope.output("QueueUrl", "where its webhook queue is")
        answer = self._scope.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[_WAITING, _IN_FLIGHT])
        found = answer["Attributes"]
        return QueueNow(moment_of(answer), int(found.get(_WAITING, 0)), int(found.get(_IN_FLIGHT, 0)))

    def _read_metrics(self, now: datetime) -> tuple[list[QueueCount], Workers, str]:
        """Return the counts by CloudWatch, the workers, and why there are no counts."""
        concurrency = self._scope.stack.outputs.get("ProcessorConcurrency", "")  # empty for one of an earlier version
        workers = Workers(int(concurrency) if concurrency.isdecimal() else None)
        try:
            waiting, deleted, durations = points(self._scope.aws.cloudwatch, self._series(), now - WINDOW, now)
        except (ClientError, BotoCoreError) as error:
            return [], workers, f"the metrics cannot be read ({why_unanswered(error)[0]})"
        except CommandError as error:
            return [], workers, str(error).rstrip(".")
        per_second, busy_milliseconds = _per_second(deleted), _per_second(durations)
        busy = None if busy_milliseconds is None else busy_milliseconds / 1000
        counts = [QueueCount(each.at + _MINUTE / 2, round(each.value)) for each in waiting]
        return counts, workers._replace(busy=busy, per_second=per_second), _NO_POINTS

    def _series(self) -> list[Series]:
        queue = {"QueueName": self._scope.output("QueueUrl", "where its webhook queue is").rpartition("/")[2]}
        function = {"FunctionName": self._scope.output("ProcessorFunctionName", "what its processor is called")}
        return [
            Series("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue, "Average"),
            Series("AWS/SQS", "NumberOfMessagesDeleted", queue, "Sum"),
            Series("AWS/Lambda", "Duration", function, "Sum"),  # in milliseconds
        ]


def _per_second(found: Sequence[Point]) -> float | None:
    """Return the sum of the points per second; None without points. The last minute may be incomplete."""
    whole = found[:-1] or found
    return sum(each.value for each in whole) / (len(whole) * _SECONDS) if whole else None
