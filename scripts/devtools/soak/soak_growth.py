"""Compute rate, time and memory per event for each tenth of a soak test."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

_TENTHS: Final = 10
_MEGABYTE: Final = 1024 * 1024


class MemorySample(NamedTuple):
    """A sample of a soak test: seconds since its start, counts so far, and resident bytes of all its processes."""

    seconds: float
    sent: int
    arrived: int
    kills: int
    memory: int


def growth(samples: Sequence[MemorySample]) -> list[dict[str, Any]]:
    """Return a row for each tenth of the messages that arrived, or no rows if none arrived.

    Rate and memory should stay constant while messages add up.
    """
    if not samples:
        return []
    last = samples[-1].arrived
    marks = [next(one for one in samples if one.arrived * _TENTHS >= last * tenth) for tenth in range(_TENTHS + 1)]
    return [_row(before, after) for before, after in pairwise(marks) if after.arrived > before.arrived]


def _row(before: MemorySample, after: MemorySample) -> dict[str, Any]:
    messages, seconds = after.arrived - before.arrived, after.seconds - before.seconds
    return {
        "arrived": after.arrived,
        "rate": round(messages / seconds, 1) if seconds else None,
        "ms_per_message": round(seconds / messages * 1000, 1),
        "megabytes": after.memory // _MEGABYTE,
        "kills": after.kills - before.kills,
    }
