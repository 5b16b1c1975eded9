"""Moments as people write them: a time ago, or a moment with its zone; and as AWS has them. Asks no clock."""

from datetime import UTC, datetime, timedelta

from ingest.envelope import rfc3339
from scripts.cli.durations import duration_of
from scripts.cli.exit_codes import ConfigurationError

Moment = datetime | timedelta
"""A moment, or how long it is ago."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_moment(flag: str, text: str) -> Moment:
    """A time ago, such as 90m, 24h or 3d, or a moment by RFC 3339. Raises ConfigurationError, which names the flag."""
    if ago := duration_of(text):
        return ago
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(
            f"{flag} takes a time ago, such as 90m, 24h or 3d, or a moment with its zone, such as "
            f"2026-11-24T00:00:00Z; {text!r} is neither."
        )
    return moment


def milliseconds(moment: datetime) -> int:
    """Since 1970, and not before."""
    return max(0, (moment - _EPOCH) // timedelta(milliseconds=1))


def milliseconds_of(moment: Moment, now: datetime) -> int:
    """The same of a moment that may be a time ago, seen from `now`."""
    if isinstance(moment, timedelta):
        return max(0, milliseconds(now) - moment // timedelta(milliseconds=1))
    return milliseconds(moment)


def rfc3339_of(at: int) -> str:
    """Milliseconds since 1970 as people and programs read them, in UTC."""
    return rfc3339((at + 0.5) / 1000)  # half a millisecond more, for a fraction of seconds may fall short of its own
