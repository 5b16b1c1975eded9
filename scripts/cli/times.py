"""Parse and format times and durations."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from ingest.envelope import rfc3339
from scripts.cli.exit_codes import ConfigurationError

Moment = datetime | timedelta
"""A time, or how long ago it was."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration_of(text: str) -> timedelta | None:
    """Return the duration for text such as 45s, 90m, 24h or 3d, or None for other text and for zero."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) or None if found else None


def parse_duration(flag: str, text: str) -> timedelta:
    """Parse a duration such as 45s, 90m or 24h. Raise ConfigurationError with the flag."""
    if duration := duration_of(text):
        return duration
    raise ConfigurationError(f"{flag} takes a duration, such as 45s, 10m or 2h; {text!r} is not one.")


def parse_moment(flag: str, text: str) -> Moment:
    """Parse a duration ago, such as 90m, 24h or 3d, or a time by RFC 3339. Raise ConfigurationError with the flag."""
    if ago := duration_of(text):
        return ago
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
    raise ConfigurationError(
        f"{flag} takes a time ago, such as 90m, 24h or 3d, or a moment with its zone, such as "
        f"2026-11-24T00:00:00Z; {text!r} is neither."
    )


def milliseconds(moment: datetime) -> int:
    """Return milliseconds since 1970, at least 0."""
    return max(0, (moment - _EPOCH) // timedelta(milliseconds=1))


def milliseconds_of(moment: Moment, now: datetime) -> int:
    """Return milliseconds since 1970, at least 0; a duration counts back from `now`."""
    if isinstance(moment, timedelta):
        return max(0, milliseconds(now) - moment // timedelta(milliseconds=1))
    return milliseconds(moment)


def moment_of_milliseconds(at: int) -> datetime:
    """Return a time in milliseconds since 1970 in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC)


def rfc3339_of(at: int) -> str:
    """Format milliseconds since 1970 by RFC 3339, in UTC."""
    return rfc3339((at + 0.5) / 1000)  # half a millisecond more, so that the float is not rounded down


def time_of(moment: datetime) -> str:
    """Format a time by RFC 3339, in UTC."""
    return rfc3339_of(milliseconds(moment))


def utc_time(moment: datetime) -> str:
    """Format a time in UTC, to the second, by RFC 3339."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
