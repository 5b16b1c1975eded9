"""Read data points of CloudWatch metrics, several series at once.

"GetMetricData", Amazon CloudWatch API Reference; points of a minute are kept for 15 days.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from scripts.cli.exit_codes import FailedError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricTypeDef

_MINUTE: Final = 60


class Series(NamedTuple):
    """A metric with its dimensions, and the statistic to read for each period, in seconds."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int = _MINUTE


class Point(NamedTuple):
    """The value of a series for the period that begins at a time (UTC)."""

    at: datetime
    value: float


def points(
    cloudwatch: "CloudWatchClient", series: Sequence[Series], begin: datetime, end: datetime
) -> list[list[Point]]:
    """Return the points of each series, oldest first.

    Raise FailedError if CloudWatch returns incomplete data, and botocore's errors.
    """
    queries = [_query(number, one) for number, one in enumerate(series)]
    found: dict[str, list[Point]] = {query["Id"]: [] for query in queries}
    status = dict.fromkeys(found, "no result")
    # Start at a full minute, or CloudWatch would return points that start in mid-minute.
    begin = begin.replace(second=0, microsecond=0)
    pages = cloudwatch.get_paginator("get_metric_data")
    for page in pages.paginate(MetricDataQueries=queries, StartTime=begin, EndTime=end):
        for result in page["MetricDataResults"]:
            status[result["Id"]] = result["StatusCode"]  # the last page has the final status
            pairs = zip(result["Timestamps"], result["Values"], strict=True)
            found[result["Id"]] += [Point(at.astimezone(UTC), value) for at, value in pairs]
    if unread := {code for code in status.values() if code != "Complete"}:
        raise FailedError(f"CloudWatch answers {', '.join(sorted(unread))}.")
    return [sorted(each) for each in found.values()]


def _query(number: int, series: Series) -> "MetricDataQueryTypeDef":
    metric: MetricTypeDef = {
        "Namespace": series.namespace,
        "MetricName": series.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions.items()],
    }
    return {"Id": f"s{number}", "MetricStat": {"Metric": metric, "Period": series.period, "Stat": series.statistic}}
