"""Find when events were last signed with which secret, by ingest's metric `Accepted`.

"GetMetricData", Amazon CloudWatch API Reference; points of a minute are kept for 15 days.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from ingest.metrics import NAMESPACE
from scripts.aws.context import reason_of

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricTypeDef

LONGEST_LOOK: Final = timedelta(days=14)

_MINUTE: Final = timedelta(minutes=1)
_PERIOD_SECONDS: Final = 60


class UsageUnknownError(Exception):
    """The usage cannot be read from CloudWatch; the message says why."""


class Usage:
    """The usage of the secrets of a stage."""

    def __init__(self, cloudwatch: "CloudWatchClient", stage: str) -> None:
        self._cloudwatch = cloudwatch
        self._stage = stage

    def last(
        self, profile: str, secret: Literal["current", "previous"], *, since: datetime, now: datetime
    ) -> datetime | None:
        """Return the end of the last minute since `since` in which an event was signed with the secret, or None.

        Looks back from `now` at most as long as CloudWatch keeps the points. Raise UsageUnknownError.
        """
        # Start at a full minute, or CloudWatch would return points that start in mid-minute.
        begin = max(since, now - LONGEST_LOOK).replace(second=0, microsecond=0)
        minutes = [moment for moment in self._minutes(profile, secret, begin, now + _MINUTE) if moment >= since]
        return max(minutes) + _MINUTE if minutes else None

    def _minutes(self, profile: str, secret: str, begin: datetime, end: datetime) -> list[datetime]:
        """Return the starts of the minutes in which the secret was used."""
        found: list[datetime] = []
        status = "no result"
        try:
            pages = self._cloudwatch.get_paginator("get_metric_data")
            queries = [self._query(profile, secret)]
            for page in pages.paginate(MetricDataQueries=queries, StartTime=begin, EndTime=end):
                for result in page["MetricDataResults"]:
                    status = result["StatusCode"]  # the last page has the final status
                    pairs = zip(result["Timestamps"], result["Values"], strict=True)
                    found += [moment.astimezone(UTC) for moment, count in pairs if count > 0]
        except (ClientError, BotoCoreError) as error:
            raise UsageUnknownError(reason_of(error)) from None
        if status != "Complete":
            raise UsageUnknownError(f"CloudWatch answers {status}")
        return found

    def _query(self, profile: str, secret: str) -> "MetricDataQueryTypeDef":
        values = {"Stage": self._stage, "Profile": profile, "Secret": secret}
        metric: MetricTypeDef = {
            "Namespace": NAMESPACE,
            "MetricName": "Accepted",
            "Dimensions": [{"Name": name, "Value": value} for name, value in values.items()],
        }
        return {"Id": "uses", "MetricStat": {"Metric": metric, "Period": _PERIOD_SECONDS, "Stat": "Sum"}}
