"""Test what is read to estimate the drain of a queue."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scripts.aws.context import StackContext
from scripts.drain import service
from scripts.drain.estimate import Trend
from scripts.drain.service import DrainReader
from tests.scripts.overview.stacks import queued_scope, refused

MINUTE = timedelta(minutes=1)


@pytest.fixture
def queued(scope: StackContext) -> StackContext:
    """A stack with an empty webhook queue."""
    scope = queued_scope(scope)
    more = {"ProcessorFunctionName": "processor", "ProcessorConcurrency": "5"}
    return scope._replace(stack=scope.stack._replace(outputs=scope.stack.outputs | more))


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time by AWS; tests change it."""
    found = [datetime.now(UTC).replace(second=30, microsecond=0)]
    monkeypatch.setattr(service, "moment_of", lambda _: found[0])
    return found


def put(scope: StackContext, count: int) -> None:
    for _ in range(count):
        scope.aws.sqs.send_message(QueueUrl=scope.stack.outputs["QueueUrl"], MessageBody="{}")


def measured(scope: StackContext, now: datetime, metric: str, *values: float) -> None:
    """Put points of the last minutes, the last one of two minutes ago."""
    space, dimension = (
        ("AWS/Lambda", {"Name": "FunctionName", "Value": "processor"})
        if metric == "Duration"
        else ("AWS/SQS", {"Name": "QueueName", "Value": "webhooks"})
    )
    data: Any = [
        {
            "MetricName": metric,
            "Dimensions": [dimension],
            "Timestamp": now.replace(second=0) - MINUTE * (2 + age),
            "Value": value,
        }
        for age, value in enumerate(reversed(values))
    ]
    scope.aws.cloudwatch.put_metric_data(Namespace=space, MetricData=data)


def test_cloudwatch_gives_one_look_its_past(queued: StackContext, now: list[datetime]) -> None:
    """The queue fell by 10 a minute, with all five at work, which process 20 a minute."""
    put(queued, 10)
    measured(queued, now[0], "ApproximateNumberOfMessagesVisible", 60, 50, 40, 30)
    measured(queued, now[0], "NumberOfMessagesDeleted", 20, 20, 20, 3)
    measured(queued, now[0], "Duration", 300_000, 300_000, 300_000, 1)
    drain = DrainReader(queued).read()
    assert drain.trend is Trend.falling
    assert drain.end
    assert MINUTE / 2 < drain.end.at - now[0] < 2 * MINUTE
    assert drain.workers == (5, 5.0, 20 / 60)
    assert drain.faster
    assert drain.faster.at
    assert drain.faster.at < drain.end.at


def test_an_empty_queue_needs_no_metrics(queued: StackContext, now: list[datetime]) -> None:
    """Each reading of them has a price."""
    refused(queued.aws.cloudwatch, "GetMetricData", "InternalFailure")
    drain = DrainReader(queued).read()
    assert (drain.trend, drain.now.at) == (Trend.empty, now[0])


def test_looks_are_remembered_where_cloudwatch_has_nothing(queued: StackContext, now: list[datetime]) -> None:
    """So the emulator has an estimate too, after a minute."""
    reader = DrainReader(queued)
    put(queued, 5)
    assert reader.read().problem == "CloudWatch has too few points yet"
    for _ in range(3):
        now[0] += timedelta(seconds=25)
        drain = reader.read()
    assert (drain.trend, drain.measured) == (Trend.steady, timedelta(seconds=75))


def test_a_missing_right_is_named(queued: StackContext) -> None:
    """The counts of SQS are still shown."""
    put(queued, 2)
    refused(queued.aws.cloudwatch, "GetMetricData", "AccessDenied")
    drain = DrainReader(queued).read()
    assert (drain.now.waiting, drain.trend) == (2, Trend.unknown)
    assert drain.problem == (
        "the metrics cannot be read (AWS denied access: the permission cloudwatch:GetMetricData is missing)"
    )


def test_a_stack_of_an_earlier_version_has_no_concurrency(queued: StackContext) -> None:
    """It lacks the output."""
    outputs = {name: value for name, value in queued.stack.outputs.items() if name != "ProcessorConcurrency"}
    put(queued, 1)
    drain = DrainReader(queued._replace(stack=queued.stack._replace(outputs=outputs))).read()
    assert drain.workers.concurrency is None
