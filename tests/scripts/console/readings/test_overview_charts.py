"""Test how what was read becomes charts: labels by the zone, arrows by share, and limits."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from scripts.cli.times import milliseconds
from scripts.console.readings.overview_charts import OverviewCharts, duration_text, overview_charts
from scripts.overview.buckets import Buckets, OverviewWindow
from scripts.overview.flow import Flow
from scripts.overview.latency import Latencies
from scripts.overview.service import EventSummary
from scripts.overview.traffic import Family, TargetDeliveries, Traffic
from scripts.reconciliation.reconcile import TimeWindow

UNTIL = datetime(2026, 10, 25, 22, 30, tzinfo=UTC)  # 23:30 in Berlin, on the day with 25 hours


def charts(
    window: OverviewWindow = OverviewWindow.DAY, targets: int = 1, zone: str = "Europe/Berlin"
) -> OverviewCharts:
    span = TimeWindow(milliseconds(UNTIL - window.span.length), milliseconds(UNTIL))
    buckets = Buckets(span, window.span.step, ZoneInfo(zone)).all
    flow = Flow(span, 8, {"delivered": 6, "dead": 2, "in_flight": 0, "missing": 0}, 0, [], {}, 0, [])
    latencies = [Latencies() for _ in buckets]
    for ms in (3, 4, 6000):
        latencies[0].add(ms)
    latencies[-1].add(5)
    deliveries = [TargetDeliveries("r", f"topic:{number}", Counter(delivered=1)) for number in range(targets)]
    families = [Family("LOAN", [1] * len(buckets))]
    return overview_charts(window, EventSummary(flow, Traffic(buckets, families, deliveries, latencies)))


@pytest.mark.parametrize(
    ("window", "zone", "labels"),
    [
        (OverviewWindow.HOUR, "Europe/Berlin", ["22:30", "22:40", "22:50"]),
        (OverviewWindow.DAY, "Europe/Berlin", ["00:30", "04:00", "09:00"]),
        (OverviewWindow.WEEK, "Europe/Berlin", ["Mon 19", "Wed 21", "Fri 23"]),
        (OverviewWindow.DAY, "Asia/Kolkata", ["04:00", "08:00", "12:00"]),
    ],
)
def test_labels_are_in_the_zone_of_the_page(window: OverviewWindow, zone: str, labels: list[str]) -> None:
    """On a day with 25 hours, a window of 24 begins half an hour after midnight."""
    assert [label.text for label in charts(window, zone=zone).families.labels[:3]] == labels


def test_arrows_are_as_thick_as_their_share() -> None:
    """Without events there is only a thin one."""
    boxes = charts().boxes
    assert [(box.name, box.number, box.thickness) for box in boxes] == [
        *(("delivered", 6, 7.0), ("dead", 2, 3.0)),
        *(("in_flight", 0, 0), ("missing", 0, 0)),
    ]
    assert [box.y for box in boxes] == [0, 40, 80, 120]


def test_twenty_targets_are_drawn() -> None:
    """The table has the others."""
    assert len(charts(targets=30).deliveries) == 20
    assert charts().deliveries[0].label == "r → topic:0"


def test_latency_is_that_of_the_window_and_of_each_bucket() -> None:
    """The three lines are two percentiles and the slowest request; buckets without requests are gaps."""
    found = charts()
    assert (found.all_latencies.count, found.all_latencies.over_limit, found.all_latencies.max_ms) == (4, 1, 6000)
    assert [len(dots) for dots in found.latency.series] == [2, 2, 2]


@pytest.mark.parametrize(
    ("ms", "text"), [(None, "none"), (0.26, "0.3 ms"), (9.96, "10.0 ms"), (12.6, "13 ms"), (5049.0, "5.0 s")]
)
def test_durations_are_short(ms: float | None, text: str) -> None:
    """Two digits are enough for people."""
    assert duration_text(ms) == text
