"""Find when events were last signed with which secret, by ingest's metric `Accepted`."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from ingest.metrics import NAMESPACE
from scripts.aws.context import reason_of
from scripts.aws.metric_data import Series, points
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.times import duration_of

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

LONGEST_LOOK: Final = timedelta(days=14)

_MINUTE: Final = timedelta(minutes=1)


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
        dimensions = {"Stage": self._stage, "Profile": profile, "Secret": secret}
        series = Series(NAMESPACE, "Accepted", dimensions, "Sum")
        try:
            [found] = points(self._cloudwatch, [series], max(since, now - LONGEST_LOOK), now + _MINUTE)
        except (ClientError, BotoCoreError) as error:
            raise UsageUnknownError(reason_of(error)) from None
        except FailedError as error:
            raise UsageUnknownError(str(error).rstrip(".")) from None
        minutes = [point.at for point in found if point.value > 0 and point.at >= since]
        return minutes[-1] + _MINUTE if minutes else None


def parse_unused_for(text: str) -> timedelta:
    """Parse a duration such as 90m, 24h or 3d. Raise ConfigurationError."""
    duration = duration_of(text)
    if duration is None or duration > LONGEST_LOOK:
        raise ConfigurationError(
            f"--unused-for: {text!r} is not a duration such as 90m, 24h or 3d, at most {LONGEST_LOOK.days}d (metrics "
            "go back no further)."
        )
    return duration
