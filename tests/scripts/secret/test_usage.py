"""Test that the usage of secrets is read from ingest's metric, and that incomplete data is unknown."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from ingest.metrics import Metrics
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import ConfigurationError
from scripts.secret.usage import LONGEST_LOOK, Usage, UsageUnknownError, parse_unused_for
from tests.ingest.clocks import FakeClock

MINUTE = timedelta(minutes=1)
NOW = datetime.now(UTC).replace(second=30, microsecond=0)
AGES_AGO = NOW - 30 * LONGEST_LOOK


@pytest.fixture
def used(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Any:
    """Count an event as ingest does, and make metrics of the line as CloudWatch does."""

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
    """It is separate for each secret, profile and stage."""
    minute = NOW.replace(second=0)
    used(minute - 9 * MINUTE, "previous")
    used(minute - 7 * MINUTE, "previous")
    used(minute - 3 * MINUTE, "current")
    used(minute - MINUTE, "previous", profile="consortium")
    used(minute - MINUTE, "previous", stage="prod")
    uses = Usage(aws.cloudwatch, "dev")
    assert uses.last("alma", "previous", since=AGES_AGO, now=NOW) == minute - 6 * MINUTE
    assert uses.last("alma", "current", since=AGES_AGO, now=NOW) == minute - 2 * MINUTE


def test_only_minutes_that_began_since_count(aws: Aws, used: Any) -> None:
    """A use in the same minute may have been earlier."""
    minute = NOW.replace(second=0) - 5 * MINUTE
    used(minute, "current")
    uses = Usage(aws.cloudwatch, "dev")
    assert uses.last("alma", "current", since=minute, now=NOW) == minute + MINUTE
    assert uses.last("alma", "current", since=minute + timedelta(seconds=1), now=NOW) is None


def test_no_use_is_none(aws: Aws) -> None:
    """A metric without points means no use."""
    assert Usage(aws.cloudwatch, "dev").last("alma", "previous", since=AGES_AGO, now=NOW) is None


def stubbed(stub: Stubber, code: str) -> None:
    result = {"Id": "s0", "Timestamps": [], "Values": [], "StatusCode": code}
    stub.add_response("get_metric_data", {"MetricDataResults": [result]})


@pytest.mark.parametrize("code", ["InternalError", "PartialData"])
def test_incomplete_data_is_an_error(code: str) -> None:
    """Data that CloudWatch could not read does not mean unused."""
    cloudwatch = Aws.local("http://127.0.0.1:9", "us-east-1").cloudwatch
    with Stubber(cloudwatch) as stub:
        stubbed(stub, code)
        with pytest.raises(UsageUnknownError, match=code):
            Usage(cloudwatch, "dev").last("alma", "current", since=NOW - MINUTE, now=NOW)


def test_metrics_that_may_not_be_read_are_unknown() -> None:
    """The message of AWS names the missing right."""
    cloudwatch = Aws.local("http://127.0.0.1:9", "us-east-1").cloudwatch
    with Stubber(cloudwatch) as stub:
        stub.add_client_error("get_metric_data", "AccessDenied", "not authorized to perform: cloudwatch:GetMetricData")
        with pytest.raises(
            UsageUnknownError, match="AccessDenied, not authorized to perform: cloudwatch:GetMetricData"
        ):
            Usage(cloudwatch, "dev").last("alma", "current", since=NOW - MINUTE, now=NOW)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("45s", timedelta(seconds=45)),
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(days=1)),
        ("14d", timedelta(days=14)),
    ],
)
def test_times_have_a_unit(text: str, duration: timedelta) -> None:
    """Seconds, minutes, hours and days are accepted."""
    assert parse_unused_for(text) == duration


@pytest.mark.parametrize("text", ["", "24", "h", "0h", "-1h", "1.5h", "15d", "999999d", "1 h", "1h30m", "٣h"])
def test_an_invalid_time_is_an_error(text: str) -> None:
    """So is one for which CloudWatch has no points."""
    with pytest.raises(ConfigurationError, match="is not a duration such as 90m, 24h or 3d, at most 14d"):
        parse_unused_for(text)
