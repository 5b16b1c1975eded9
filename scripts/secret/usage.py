"""Find when events were last signed with which secret, by ingest's log.

The metric `Accepted` would be faster, but only the alarm tier `full` has it. After a change of the tier it has a gap,
by which a previous secret in use could seem to be unused, and be removed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from notifications.json_body import json_members
from scripts.aws.context import reason_of
from scripts.aws.logs import pages
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import duration_of, milliseconds

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

LONGEST_LOOK: Final = timedelta(days=14)
"""The shortest time for which a stack keeps its logs."""

_MINUTE: Final = timedelta(minutes=1)
_FIRST_WINDOW: Final = timedelta(hours=1)


class UsageUnknownError(Exception):
    """The usage cannot be read from the log; the message says why."""


class Usage:
    """The usage of the secrets of a stack. `group` is ingest's log group."""

    def __init__(self, cloudwatch_logs: "CloudWatchLogsClient", group: str) -> None:
        self._logs = cloudwatch_logs
        self._group = group

    def last(
        self, profile: str, secret: Literal["current", "previous"], *, since: datetime, now: datetime
    ) -> datetime | None:
        """Return when an event was last signed with the secret since `since`, or None.

        Looks back from `now` at most as long as every stack keeps its logs. Raise UsageUnknownError.
        """
        try:
            for begin, end in _windows(max(since, now - LONGEST_LOOK), now + _MINUTE):
                if times := list(self._times(profile, secret, begin, end)):
                    return datetime.fromtimestamp(max(times) / 1000, UTC)
        except (ClientError, BotoCoreError) as error:
            raise UsageUnknownError(reason_of(error)) from None
        return None

    def _times(self, profile: str, secret: str, begin: datetime, end: datetime) -> Iterator[int]:
        """Yield when events were signed with the secret, in milliseconds since 1970."""
        wanted = {"message": "accepted", "profile": profile, "secret": secret}
        pattern = "{ " + " && ".join(f'($.{name} = "{value}")' for name, value in wanted.items()) + " }"
        for page in pages(self._logs, self._group, pattern, milliseconds(begin), milliseconds(end)):
            for event in page:
                line = json_members(event["message"])  # an emulator may ignore the pattern
                if all(line.get(name) == value for name, value in wanted.items()):
                    yield event["timestamp"]


def _windows(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield windows of time, the newest first and each twice as long, because the last use is often recent."""
    length = _FIRST_WINDOW
    while end > begin:
        start = max(begin, end - length)
        yield start, end
        end, length = start, 2 * length


def parse_unused_for(text: str) -> timedelta:
    """Parse a duration such as 90m, 24h or 3d. Raise ConfigurationError."""
    duration = duration_of(text)
    if duration is None or duration > LONGEST_LOOK:
        raise ConfigurationError(
            f"--unused-for: {text!r} is not a duration such as 90m, 24h or 3d, at most {LONGEST_LOOK.days}d (logs are "
            "kept for that long at least)."
        )
    return duration
