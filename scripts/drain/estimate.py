"""Estimate when a queue will be empty, from counts of its waiting messages. Calls no AWS and reads no clock.

A line is fitted to the counts of the last minutes. The counts of SQS are approximate: each may be off by MISCOUNTED and
a minute old. The range of the estimate covers that, a change of pace within the measured time, and twice the standard
deviation of a pace that varies as much as it did.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

WINDOW: Final = timedelta(minutes=6)
"""How far back counts are used: an older pace says little about the present one."""

SHORTEST: Final = timedelta(minutes=1)
"""Counts of a shorter time say nothing, because they may be a minute old themselves."""

LONGEST: Final = timedelta(days=1)
"""An end that is further away is not estimated."""

MISCOUNTED: Final = 0.02
"""The part of the largest count by which each count may be wrong."""

_LEAST_MISCOUNTED: Final = 1.0
_LAG: Final = timedelta(minutes=1)
_FEWEST_COUNTS: Final = 3
_DEVIATIONS: Final = 2
_BUSY: Final = 0.8
_FASTER_BY: Final = 2


class QueueCount(NamedTuple):
    """How many messages waited on a queue at a time."""

    at: datetime
    waiting: int


class QueueNow(NamedTuple):
    """The present counts of a queue: `waiting` can be received now; `in_flight` are processed, or wait for a retry."""

    at: datetime
    waiting: int
    in_flight: int = 0


class Workers(NamedTuple):
    """What empties the queue: the most messages at the same time, how many that are on average, and how many leave.

    Each is None if it is not known. `per_second` counts the messages that were deleted.
    """

    concurrency: int | None = None
    busy: float | None = None
    per_second: float | None = None


class Trend(StrEnum):
    """What the number of waiting messages does."""

    empty = "empty"
    falling = "falling"
    steady = "not clearly falling"
    growing = "growing"
    unknown = "not known"


class DrainEnd(NamedTuple):
    """When the queue will be empty, and the range of that; without a `latest` time it may also take much longer."""

    at: datetime
    earliest: datetime
    latest: datetime | None


class Faster(NamedTuple):
    """What a higher concurrency would do, in proportion: the queue would be empty `at`; None if it would not help."""

    concurrency: int
    at: datetime | None


class Drain(NamedTuple):
    """The drain of a queue. Only a falling one has an `end`, if it is within a day. `problem` is why nothing is known.

    `retrying` are in flight beyond what can be processed: they wait for a retry and come back later. `per_second` is
    the pace at which the number falls, negative for a growing one, and 0 if it is not known.
    """

    now: QueueNow
    trend: Trend
    measured: timedelta
    workers: Workers
    per_second: float = 0.0
    end: DrainEnd | None = None
    faster: Faster | None = None
    problem: str = ""

    @property
    def retrying(self) -> int | None:
        """How many messages at least wait for a retry; None if the concurrency is not known."""
        most = self.workers.concurrency
        return None if most is None else max(0, self.now.in_flight - most)


class _Pace(NamedTuple):
    """By how many messages a second the number falls, and the range of that.

    `deviation` is the standard deviation of the number after one second; it grows with the root of the time.
    """

    likely: float
    slowest: float
    fastest: float
    deviation: float


def estimate(now: QueueNow, counts: Sequence[QueueCount], workers: Workers, problem: str = "") -> Drain:
    """Return the drain of a queue by earlier `counts`, in any order; `problem` is why there may be too few of them."""
    used = sorted({*(each for each in counts if now.at - WINDOW <= each.at < now.at), QueueCount(now.at, now.waiting)})
    measured = now.at - used[0].at
    drain = Drain(now, Trend.unknown, measured, workers)
    if not now.waiting:
        return drain._replace(trend=Trend.empty)
    if len(used) < _FEWEST_COUNTS or measured < SHORTEST:
        few = f"{len(used)} counts" if measured >= SHORTEST else f"{measured.total_seconds():.0f} s"
        return drain._replace(problem=problem or f"measured for only {few}")
    pace = _pace_of(used)
    drain = drain._replace(per_second=pace.likely, faster=_faster(now, pace, workers))
    if pace.fastest < 0:
        return drain._replace(trend=Trend.growing)
    if pace.slowest <= 0:
        return drain._replace(trend=Trend.steady)
    return drain._replace(trend=Trend.falling, end=_end(now, pace))


def _pace_of(used: Sequence[QueueCount]) -> _Pace:
    """Return the pace of all counts and its range, which includes the pace of the later half."""
    likely, reach = _fitted(used)
    later = used[len(used) // 2 :]
    recent = _fitted(later)[0] if len(later) >= _FEWEST_COUNTS else likely
    deviation = _deviation(used, likely)
    seconds = (used[-1].at - used[0].at).total_seconds()
    error = reach * _miscounted(used) + _DEVIATIONS * deviation / math.sqrt(seconds)
    return _Pace(likely, min(likely - error, recent), max(likely + error, recent), deviation)


def _deviation(used: Sequence[QueueCount], pace: float) -> float:
    steps = [((later.at - one.at).total_seconds(), later.waiting - one.waiting) for one, later in pairwise(used)]
    squares = [(change + pace * seconds) ** 2 for seconds, change in steps]
    return math.sqrt(sum(squares) / sum(seconds for seconds, _ in steps))


def _fitted(used: Sequence[QueueCount]) -> tuple[float, float]:
    """Return the pace of the fitted line, and by how much it changes at most if each count is wrong by one."""
    seconds = [(each.at - used[0].at).total_seconds() for each in used]
    middle = sum(seconds) / len(seconds)
    apart = [each - middle for each in seconds]
    spread = sum(each * each for each in apart)
    slope = sum(part * each.waiting for part, each in zip(apart, used, strict=True)) / spread
    return -slope, sum(map(abs, apart)) / spread


def _miscounted(used: Sequence[QueueCount]) -> float:
    return max(_LEAST_MISCOUNTED, MISCOUNTED * max(each.waiting for each in used))


def _end(now: QueueNow, pace: _Pace) -> DrainEnd | None:
    """Return the end of a queue that falls; None if it is too far away."""
    varies = _DEVIATIONS * pace.deviation * math.sqrt(now.waiting / pace.likely)
    error = max(_LEAST_MISCOUNTED, MISCOUNTED * now.waiting) + varies
    at = _after(now, now.waiting / pace.likely)
    earliest = _after(now, max(0.0, (now.waiting - error) / pace.fastest - _LAG.total_seconds()))
    if at is None or earliest is None:
        return None
    return DrainEnd(at, earliest, _after(now, (now.waiting + error) / pace.slowest))


def _faster(now: QueueNow, pace: _Pace, workers: Workers) -> Faster | None:
    """Return what a higher concurrency would do; None if the present one, or how much of it is used, is not known."""
    if workers.concurrency is None or workers.busy is None or not workers.per_second:
        return None
    concurrency = workers.concurrency * _FASTER_BY
    more = pace.likely + workers.per_second * (_FASTER_BY - 1)
    is_limit = workers.busy >= _BUSY * workers.concurrency
    return Faster(concurrency, _after(now, now.waiting / more) if is_limit and more > 0 else None)


def _after(now: QueueNow, seconds: float) -> datetime | None:
    """Return the time some seconds after now; None if it is too far away."""
    return now.at + timedelta(seconds=seconds) if seconds <= LONGEST.total_seconds() else None
