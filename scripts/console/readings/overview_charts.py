"""Turn what was read for an overview into its charts. Pure: calls no AWS."""

from functools import reduce
from typing import Final, NamedTuple

from scripts.console.readings.charts import BarRow, ColumnChart, LatencyChart, bar_rows, column_chart, latency_chart
from scripts.overview.buckets import OverviewWindow
from scripts.overview.flow import Flow
from scripts.overview.latency import ALMA_LIMIT_MS, Latencies
from scripts.overview.service import EventSummary
from scripts.overview.traffic import DELIVERY_KINDS

PERCENTILES: Final = (50, 99)

_BOX_HEIGHT: Final = 40
_THICKEST: Final = 9
_LABELS: Final = {OverviewWindow.HOUR: "%H:%M", OverviewWindow.DAY: "%H:%M", OverviewWindow.WEEK: "%a %d"}
_MOST_TARGETS: Final = 20
_MS_A_SECOND: Final = 1000
_EXACT_BELOW_MS: Final = 10


class FlowBox(NamedTuple):
    """Where events are now: the name and the count, pixels from the top, and how thick its arrow is (0: no event)."""

    name: str
    number: int
    y: int
    thickness: float


class OverviewCharts(NamedTuple):
    """The charts of an overview; `all_latencies` are those of the whole window."""

    boxes: list[FlowBox]
    families: ColumnChart
    deliveries: list[BarRow]
    latency: LatencyChart
    all_latencies: Latencies


def overview_charts(window: OverviewWindow, events: EventSummary) -> OverviewCharts:
    """Return the charts of the events of a window."""
    traffic = events.traffic
    labels = [bucket.begin.strftime(_LABELS[window]) for bucket in traffic.buckets]
    rows = {
        f"{each.route} → {each.target}": [each.counts.get(kind, 0) for kind in DELIVERY_KINDS]
        for each in traffic.deliveries[:_MOST_TARGETS]
    }
    durations = [[each.percentile(percent) for each in traffic.latencies] for percent in PERCENTILES]
    maxima = [each.max_ms if each.count else None for each in traffic.latencies]
    return OverviewCharts(
        _boxes(events.flow),
        column_chart(labels, [family.counts for family in traffic.families]),
        bar_rows(rows),
        latency_chart(labels, [*durations, maxima], ALMA_LIMIT_MS),
        reduce(Latencies.merged, traffic.latencies, Latencies()),
    )


def duration_text(ms: float | None) -> str:
    """Return a duration for people, such as 3 ms or 1.2 s; none without one."""
    if ms is None:
        return "none"
    if ms < _MS_A_SECOND:
        return f"{ms:.1f} ms" if ms < _EXACT_BELOW_MS else f"{ms:.0f} ms"
    return f"{ms / _MS_A_SECOND:.1f} s"


def _boxes(flow: Flow) -> list[FlowBox]:
    return [
        FlowBox(name, count, row * _BOX_HEIGHT, round(1 + (_THICKEST - 1) * count / flow.accepted, 1) if count else 0)
        for row, (name, count) in enumerate(flow.outcomes.items())
    ]
