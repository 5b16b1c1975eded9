"""Compute the shapes of charts; templates/charts.html draws them as SVG. Calls no AWS.

Widths and places from left to right are percentages of the chart, so that text keeps its size on a narrow screen;
heights are pixels. Each series has a number, from which come its color and its pattern.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

TOP: Final = 16
"""Pixels above the highest value, where the label of its line is."""

PLOT_HEIGHT: Final = 160
"""Pixels from the lowest value to the highest."""

_MOST_LABELS: Final = 6
_LAST_TENTH: Final = 85.0
_DECADES: Final = 4  # from 1 ms to 10 s
_LATENCY_LINES: Final = ((1, "1 ms"), (10, "10 ms"), (100, "100 ms"), (1000, "1 s"))


class Segment(NamedTuple):
    """A part of a bar, from left to right in percent; `number` is how many events or deliveries it stands for."""

    series: int
    number: int
    x: float
    width: float


class BarRow(NamedTuple):
    """A horizontal bar with the text above it."""

    label: str
    segments: list[Segment]
    total: int


class Block(NamedTuple):
    """A part of a column, from top to bottom in pixels."""

    series: int
    number: int
    y: float
    height: float


class Column(NamedTuple):
    """A column over one bucket: its left side and its width in percent, and the blocks, the lowest first."""

    label: str
    x: float
    width: float
    blocks: list[Block]


class Mark(NamedTuple):
    """A text at a line across the chart, in pixels from the top; or below it, in percent from the left."""

    text: str
    place: float
    is_at_end: bool = False


class ColumnChart(NamedTuple):
    """Stacked columns over time, with lines across the chart and labels below it."""

    columns: list[Column]
    lines: list[Mark]
    labels: list[Mark]


class Dot(NamedTuple):
    """A value at the middle of a bucket, in percent from the left and pixels from the top; `x1`, `y1` end its line."""

    x: float
    y: float
    x1: float | None
    y1: float | None


class LatencyChart(NamedTuple):
    """Series of dots on a scale on which each line is ten times the one below it, and where the limit of Alma is."""

    series: list[list[Dot]]
    lines: list[Mark]
    labels: list[Mark]
    limit: float


def bar_rows(rows: Mapping[str, Sequence[int]]) -> list[BarRow]:
    """Return a bar for each row of counts by series; the longest one takes the whole width."""
    most = max((sum(counts) for counts in rows.values()), default=0) or 1
    return [BarRow(label, _segments(counts, most), sum(counts)) for label, counts in rows.items()]


def _segments(counts: Sequence[int], most: int) -> list[Segment]:
    segments, x = [], 0.0
    for series, count in enumerate(counts):
        if count:
            width = 100 * count / most
            segments.append(Segment(series, count, _rounded(x), _rounded(width)))
            x += width
    return segments


def column_chart(labels: Sequence[str], series: Sequence[Sequence[int]]) -> ColumnChart:
    """Return columns for counts by series and bucket. The label of each bucket is the time when it begins."""
    totals = [sum(counts) for counts in zip(*series, strict=True)] or [0] * len(labels)
    top = _round_number(max(totals, default=0))
    width = 100 / max(len(labels), 1)
    columns = [
        Column(label, _rounded(index * width), _rounded(width * 0.85), _blocks([each[index] for each in series], top))
        for index, label in enumerate(labels)
    ]
    lines = [Mark(f"{value:,}", _height(value / top)) for value in dict.fromkeys((top, top // 2)) if value]
    return ColumnChart(columns, lines, _labels(labels))


def _blocks(counts: Sequence[int], top: int) -> list[Block]:
    stacked = enumerate(zip(counts, accumulate(counts), strict=True))
    return [
        Block(series, count, _height(total / top), _rounded(PLOT_HEIGHT * count / top))
        for series, (count, total) in stacked
        if count
    ]


def latency_chart(labels: Sequence[str], series: Iterable[Sequence[float | None]], limit_ms: float) -> LatencyChart:
    """Return dots for durations in milliseconds by series and bucket; None is a bucket without requests."""
    lines = [Mark(text, _log_height(ms)) for ms, text in _LATENCY_LINES]
    return LatencyChart([_dots(each) for each in series], lines, _labels(labels), _log_height(limit_ms))


def _dots(values: Sequence[float | None]) -> list[Dot]:
    """Join the dots of neighboring buckets by lines; a gap stays a gap."""
    width = 100 / max(len(values), 1)
    places = [
        None if value is None else (_rounded((index + 0.5) * width), _log_height(value))
        for index, value in enumerate(values)
    ]
    pairs = zip(places, [*places[1:], None], strict=False)
    return [Dot(*place, *(following or (None, None))) for place, following in pairs if place]


def _labels(labels: Sequence[str]) -> list[Mark]:
    """Return the labels that have room: each second, third or later one."""
    step = -(-len(labels) // _MOST_LABELS) or 1
    places = ((label, _rounded(100 * index / len(labels))) for index, label in enumerate(labels) if index % step == 0)
    return [Mark(label, x, is_at_end=x > _LAST_TENTH) for label, x in places]


def _round_number(most: int) -> int:
    """Return the next 1, 2 or 5 with zeros that is not below a number, at least 1."""
    power = int("1".ljust(len(str(most)), "0"))
    return min(factor * power for factor in (1, 2, 5, 10) if factor * power >= most)


def _height(share: float) -> float:
    return _rounded(TOP + PLOT_HEIGHT * (1 - share))


def _log_height(ms: float) -> float:
    share = math.log10(max(ms, 1)) / _DECADES
    return _height(min(share, 1.0))


def _rounded(number: float) -> float:
    return round(number, 2)
