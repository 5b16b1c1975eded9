"""Read data points of CloudWatch metrics, several series at once.

"GetMetricData", Amazon CloudWatch API Reference.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from scripts.cli.exit_codes import FailedError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricTypeDef

_MINUTE: Final = 60


class Series(NamedTuple):
    """A metric with its dimensions, and the statistic to read for each minute."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str


def last_points(
    cloudwatch: "CloudWatchClient", series: list[Series], begin: datetime, end: datetime
) -> list[tuple[datetime, float] | None]:
    """Return the last point of each series as (start of its minute, value), or None if there is none.

    Raise FailedError if CloudWatch returns incomplete data, and botocore's errors.
    """
    last: dict[str, tuple[datetime, float]] = {}
    status: dict[str, str] = {}
    queries = [_query(number, one) for number, one in enumerate(series)]
    pages = cloudwatch.get_paginator("get_metric_data")
    for page in pages.paginate(
        MetricDataQueries=queries, StartTime=begin.replace(second=0, microsecond=0), EndTime=end
    ):
        for result in page["MetricDataResults"]:
            name = result["Id"]
            status[name] = result["StatusCode"]  # the last page has the final status
            points = zip(result["Timestamps"], result["Values"], strict=True)
            last[name] = max([*filter(None, [last.get(name)]), *points], default=None)  # type: ignore[assignment] # None where no page had one
    if unread := {code for code in status.values() if code != "Complete"}:
        raise FailedError(f"CloudWatch answers {', '.join(sorted(unread))}.")
    found = [last.get(query["Id"]) for query in queries]
    return [(point[0].astimezone(UTC), point[1]) if point else None for point in found]


def _query(number: int, series: Series) -> "MetricDataQueryTypeDef":
    metric: MetricTypeDef = {
        "Namespace": series.namespace,
        "MetricName": series.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions.items()],
    }
    return {"Id": f"s{number}", "MetricStat": {"Metric": metric, "Period": _MINUTE, "Stat": series.statistic}}
