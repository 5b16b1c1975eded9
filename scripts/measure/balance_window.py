"""What `--since` and `--until` mean: a time ago, or a moment with its zone. Asks no clock."""

from datetime import UTC, datetime, timedelta

from ingest.envelope import rfc3339
from scripts.durations import duration_of
from scripts.errors import ConfigurationError
from scripts.measure.balance import Window

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


def window_of(since: Moment, until: Moment | None, now: datetime) -> Window:
    """The window, by AWS' clock, which says `now`. Raises ConfigurationError for one that is empty or to come."""
    begin, end = _milliseconds(since, now), _milliseconds(until or now, now)
    if begin >= milliseconds(now):
        raise ConfigurationError(f"--since is not in the past: AWS' clock says {rfc3339_of(milliseconds(now))}.")
    if begin >= end:
        raise ConfigurationError("--until is not after --since: there is nothing to balance.")
    return Window(begin, min(end, milliseconds(now)))


def milliseconds(moment: datetime) -> int:
    """Since 1970, and not before."""
    return max(0, (moment - _EPOCH) // timedelta(milliseconds=1))


def rfc3339_of(at: int) -> str:
    """Milliseconds since 1970 as people and programs read them, in UTC."""
    return rfc3339((at + 0.5) / 1000)  # half a millisecond more, for a fraction of seconds may fall short of its own


def _milliseconds(moment: Moment, now: datetime) -> int:
    if isinstance(moment, timedelta):
        return max(0, milliseconds(now) - moment // timedelta(milliseconds=1))
    return milliseconds(moment)
