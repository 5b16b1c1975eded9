"""Divide a time window into buckets that begin at full hours or days of a time zone. Reads no clock.

A day has 23 or 25 hours when daylight-saving time begins or ends, and an hour that clocks show twice is two buckets.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import Enum
from itertools import pairwise
from typing import Final, NamedTuple

from scripts.cli.times import milliseconds, moment_of_milliseconds
from scripts.reconciliation.reconcile import TimeWindow

_DAY: Final = timedelta(days=1)


class Span(NamedTuple):
    """How far an overview looks back, and how long its buckets are."""

    length: timedelta
    step: timedelta


class OverviewWindow(Enum):
    """The windows that an overview can have, by their names."""

    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"

    @property
    def span(self) -> Span:
        """Its length, and the length of its buckets."""
        return _SPANS[self]


_SPANS: Final = {
    OverviewWindow.HOUR: Span(timedelta(hours=1), timedelta(minutes=5)),
    OverviewWindow.DAY: Span(timedelta(days=1), timedelta(hours=1)),
    OverviewWindow.WEEK: Span(timedelta(days=7), _DAY),
}


class Bucket(NamedTuple):
    """One part of a window: when it begins and ends, with the time zone."""

    begin: datetime
    end: datetime


class Buckets:
    """The buckets of a window. The first and the last one can be shorter. Without a zone: that of this computer."""

    def __init__(self, window: TimeWindow, step: timedelta, zone: tzinfo | None) -> None:
        begin, end = moment_of_milliseconds(window.since), moment_of_milliseconds(window.until)
        edges = [begin, *(start for start in _starts(begin, end, step, zone) if begin < start < end), end]
        self._starts = [milliseconds(start) for start in edges[:-1]]
        self._window = window
        self.all = [Bucket(start.astimezone(zone), stop.astimezone(zone)) for start, stop in pairwise(edges)]

    def index_of(self, at: int) -> int | None:
        """Return the number of the bucket that holds a time in milliseconds since 1970; None outside of the window."""
        return bisect_right(self._starts, at) - 1 if self._window.holds(at) else None


def _starts(begin: datetime, end: datetime, step: timedelta, zone: tzinfo | None) -> Iterator[datetime]:
    """Yield the times at which the local clock shows a full step, from some time before `begin` until `end`, in UTC."""
    if step >= _DAY:
        day = begin.astimezone(zone).date()
        while (start := datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)) < end:
            yield start
            day += _DAY
        return
    start = _floor(begin, step, zone)
    while start < end:
        yield start
        following = _floor(start + step, step, zone)
        start = following if following > start else start + step


def _floor(moment: datetime, step: timedelta, zone: tzinfo | None) -> datetime:
    """Return the last time in UTC at which the local clock showed a full step."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    since_midnight = local - datetime.combine(local, time.min)
    return moment - since_midnight % step
