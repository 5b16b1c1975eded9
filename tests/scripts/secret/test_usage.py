"""Uses of secrets by ingest's metric: the names fit what ingest writes, and what CloudWatch does not tell is said."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from ingest.metrics import Metrics
from scripts.aws.clients import Aws
from scripts.secret.usage import LONGEST_LOOK, Uses, UsesUnknownError
from tests.ingest.clocks import FakeClock

MINUTE = timedelta(minutes=1)
NOW = datetime.now(UTC).replace(second=30, microsecond=0)
AGES_AGO = NOW - 30 * LONGEST_LOOK


@pytest.fixture
def used(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Any:
    """Counts an event as ingest does, and makes metrics of the line as CloudWatch does."""

    def count(at: datetime, secret: str, profile: str = "alma", stage: str = "dev") -> None:
        Metrics(stage, FakeClock(at.timestamp())).count({"profile": profile, "secret": secret})
        line = json.loads(capsys.readouterr().out)
        [directive] = line["_aws"]["CloudWatchMetrics"]
        for names in directive["Dimensions"]:
            dimensions = [{"Name": name, "Value": line[name]} for name in names]
            datum: Any = {"MetricName": "Accepted", "Dimensions": dimensions, "Timestamp": at, "Value": 1}
            aws.cloudwatch.put_metric_data(Namespace=directive["Namespace"], MetricData=[datum])

    return count


def test_the_last_use_is_the_end_of_its_minute(aws: Aws, used: Any) -> None:
    """Each secret's own, of this profile and stage."""
    minute = NOW.replace(second=0)
    used(minute - 9 * MINUTE, "previous")
    used(minute - 7 * MINUTE, "previous")
    used(minute - 3 * MINUTE, "current")
    used(minute - MINUTE, "previous", profile="consortium")
    used(minute - MINUTE, "previous", stage="prod")
    uses = Uses(aws.cloudwatch, "dev")
    assert uses.last("alma", "previous", since=AGES_AGO, now=NOW) == minute - 6 * MINUTE
    assert uses.last("alma", "current", since=AGES_AGO, now=NOW) == minute - 2 * MINUTE


def test_only_minutes_that_began_since_count(aws: Aws, used: Any) -> None:
    """A use in the minute of the moment may have been before it."""
    minute = NOW.replace(second=0) - 5 * MINUTE
    used(minute, "current")
    uses = Uses(aws.cloudwatch, "dev")
    assert uses.last("alma", "current", since=minute, now=NOW) == minute + MINUTE
    assert uses.last("alma", "current", since=minute + timedelta(seconds=1), now=NOW) is None


def test_no_use_is_none(aws: Aws) -> None:
    """A metric that nobody wrote has no points, and that is an answer."""
    assert Uses(aws.cloudwatch, "dev").last("alma", "previous", since=AGES_AGO, now=NOW) is None


def stubbed(stub: Stubber, code: str) -> None:
    result = {"Id": "uses", "Timestamps": [], "Values": [], "StatusCode": code}
    stub.add_response("get_metric_data", {"MetricDataResults": [result]})


@pytest.mark.parametrize("code", ["InternalError", "PartialData"])
def test_half_an_answer_is_none(code: str) -> None:
    """What CloudWatch could not look up is not unused."""
    cloudwatch = Aws.local("http://127.0.0.1:9", "us-east-1").cloudwatch
    with Stubber(cloudwatch) as stub:
        stubbed(stub, code)
        with pytest.raises(UsesUnknownError, match=code):
            Uses(cloudwatch, "dev").last("alma", "current", since=NOW - MINUTE, now=NOW)


def test_metrics_that_may_not_be_read_are_unknown() -> None:
    """AWS' own words say which right is missing."""
    cloudwatch = Aws.local("http://127.0.0.1:9", "us-east-1").cloudwatch
    with Stubber(cloudwatch) as stub:
        stub.add_client_error("get_metric_data", "AccessDenied", "not authorized to perform: cloudwatch:GetMetricData")
        with pytest.raises(UsesUnknownError, match="AccessDenied, not authorized to perform: cloudwatch:GetMetricData"):
            Uses(cloudwatch, "dev").last("alma", "current", since=NOW - MINUTE, now=NOW)
