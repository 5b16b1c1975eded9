"""How a soak goes as the count grows: rate, time and memory per event, by tenths. Measures nothing itself."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

_TENTHS: Final = 10
_MEGABYTE: Final = 1024 * 1024


class MemorySample(NamedTuple):
    """How far a soak is: seconds since its start, events sent, messages arrived, kills, bytes of all its processes."""

    seconds: float
    sent: int
    arrived: int
    kills: int
    memory: int


def growth(samples: Sequence[MemorySample]) -> list[dict[str, Any]]:
    """A row for each tenth of the messages that arrived, over the time that it took; none where nothing arrived.

    A time or rate that stays, while messages add up, is what one wants to see; so is a memory that stays.
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
