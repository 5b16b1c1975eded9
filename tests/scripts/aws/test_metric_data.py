"""Test that the points of several series are found on any page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.aws.metric_data import Series, points
from scripts.cli.exit_codes import FailedError

NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def result(name: str, *points: tuple[datetime, float], code: str = "Complete") -> Any:
    moments, values = [at for at, _ in points], [value for _, value in points]
    return {"Id": name, "Timestamps": moments, "Values": values, "StatusCode": code}


def test_the_points_of_each_series_are_found_on_whichever_page() -> None:
    """Results keep the order of the series; a partial page is fine if the last one is complete."""
    cloudwatch = Aws.local("http://127.0.0.1:9", "us-east-1").cloudwatch
    early, late = NOW - 9 * MINUTE, NOW - MINUTE
    first = [result("s0", (late, 2.0), (early, 9.0), code="PartialData"), result("s1")]
    second = [result("s0", (early - MINUTE, 7.0)), result("s2", (early, 5.0))]
    with Stubber(cloudwatch) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": first, "NextToken": "more"})
        stub.add_response("get_metric_data", {"MetricDataResults": second})
        series = [Series("n", f"m{number}", {"d": "v"}, "Sum") for number in range(3)]
        found = points(cloudwatch, series, NOW - 10 * MINUTE, NOW)
    assert found == [[(early - MINUTE, 7.0), (early, 9.0), (late, 2.0)], [], [(early, 5.0)]]


def test_the_start_is_rounded_down_to_a_minute() -> None:
    """Otherwise CloudWatch would count other minutes."""
    cloudwatch = Aws.local("http://127.0.0.1:9", "us-east-1").cloudwatch
    metric = {"Namespace": "n", "MetricName": "m", "Dimensions": [{"Name": "d", "Value": "v"}]}
    expected = {
        "MetricDataQueries": [{"Id": "s0", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}],
        "StartTime": NOW.replace(second=0),
        "EndTime": NOW,
    }
    with Stubber(cloudwatch) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": [result("s0")]}, expected)
        assert points(cloudwatch, [Series("n", "m", {"d": "v"}, "Maximum")], NOW, NOW) == [[]]


@pytest.mark.parametrize("results", [[], [result("s0", code="PartialData")]])
def test_incomplete_data_is_an_error(results: list[Any]) -> None:
    """A series without a result does not mean that it has no points."""
    cloudwatch = Aws.local("http://127.0.0.1:9", "us-east-1").cloudwatch
    with Stubber(cloudwatch) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": results})
        with pytest.raises(FailedError, match=r"^CloudWatch answers (no result|PartialData)"):
            points(cloudwatch, [Series("n", "m", {"d": "v"}, "Sum")], NOW, NOW)
