"""Compute the bars of the number of failures over time; templates/issue_macros.html draws them as SVG. Calls no AWS."""

from typing import Final, NamedTuple

from scripts.cli.times import time_of
from scripts.issues.counts import CountsOverTime, Per

HEIGHT: Final = 24
"""The height of the highest bar, in units of the picture, which is 100 wide."""

_WIDTH: Final = 100.0
_GAP: Final = 0.2
# So that one failure beside hundreds is not invisible.
_LEAST: Final = 1.5
# A single failure is not a block as wide as the picture.
_MOST_WIDE: Final = 8.0


class Bar(NamedTuple):
    """A bar with the time when its interval begins and the number of failures."""

    x: float
    y: float
    width: float
    height: float
    at: str
    failures: int


def bars_of(counts: CountsOverTime) -> list[Bar]:
    """Return a bar for each interval with failures, from left to right."""
    most = max((each.failures for each in counts.intervals), default=0)
    step = min(_WIDTH / max(1, len(counts.intervals)), _MOST_WIDE)
    digits = len("2026-11-24T12:00") if counts.per is Per.hour else len("2026-11-24")
    bars = []
    for place, (begin, failures) in enumerate(counts.intervals):
        if failures:
            height = max(_LEAST, HEIGHT * failures / most)
            at = time_of(begin)[:digits].replace("T", " ")
            x, y = round(place * step, 2), round(HEIGHT - height, 2)
            bars.append(Bar(x, y, round(step * (1 - _GAP), 2), round(height, 2), at, failures))
    return bars
