"""Count failures over time, in hours or days. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

_HOURLY: Final = timedelta(hours=48)
# Longer than any dead letter is kept; an older time is forged, and would make a long row of zeros.
_LONGEST: Final = timedelta(days=31)


class Per(StrEnum):
    """The length of an interval."""

    hour = "hour"
    day = "day"


class Interval(NamedTuple):
    """How many failures there were in the interval that begins at a time (UTC)."""

    begin: datetime
    failures: int


class CountsOverTime(NamedTuple):
    """The counts by hour or day from the first interval with a failure to the last one, zeros included."""

    per: Per
    intervals: tuple[Interval, ...]


def counts_over_time(times: Sequence[datetime]) -> CountsOverTime:
    """Count times in UTC: per hour if they are within two days, else per day, for 31 days before the latest."""
    if not times:
        return CountsOverTime(Per.hour, ())
    last = max(times)
    recent = [at for at in times if last - at < _LONGEST]
    per = Per.hour if last - min(recent) <= _HOURLY else Per.day
    found = Counter(_begin(at, per) for at in recent)
    step, first = timedelta(hours=1) if per is Per.hour else timedelta(days=1), min(found)
    begins = (first + number * step for number in range((max(found) - first) // step + 1))
    return CountsOverTime(per, tuple(Interval(begin, found[begin]) for begin in begins))


def _begin(at: datetime, per: Per) -> datetime:
    begin = at.replace(minute=0, second=0, microsecond=0)
    return begin if per is Per.hour else begin.replace(hour=0)
