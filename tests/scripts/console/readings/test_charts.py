"""Test the shapes of charts: places, heights, labels and gaps."""

import pytest

from scripts.console.readings.charts import (
    PLOT_HEIGHT,
    TOP,
    Block,
    Dot,
    Mark,
    Segment,
    bar_rows,
    column_chart,
    latency_chart,
)

BOTTOM = TOP + PLOT_HEIGHT


def test_the_longest_bar_takes_the_whole_width() -> None:
    """The segments follow each other, and a series without a count has none."""
    long, short = bar_rows({"long": [6, 0, 2], "short": [0, 4, 0]})
    assert (long.label, long.total) == ("long", 8)
    assert long.segments == [Segment(0, 6, 0, 75), Segment(2, 2, 75, 25)]
    assert short.segments == [Segment(1, 4, 0, 50)]
    assert bar_rows({"none": [0, 0]})[0].segments == []
    assert bar_rows({}) == []


def test_columns_are_stacked_up_to_a_round_number() -> None:
    """The first series is the lowest; a bucket without events has no block."""
    chart = column_chart(["14:00", "15:00"], [[30, 0], [10, 0]])
    assert chart.columns[0].blocks == [Block(0, 30, BOTTOM - 96, 96), Block(1, 10, BOTTOM - 128, 32)]
    assert (chart.columns[1].x, chart.columns[1].blocks) == (50, [])
    assert chart.lines == [Mark("50", TOP), Mark("25", BOTTOM - 80)]


@pytest.mark.parametrize(("most", "top"), [(0, "1"), (1, "1"), (3, "5"), (7, "10"), (10, "10"), (2_001, "5,000")])
def test_the_scale_ends_at_one_two_or_five_with_zeros(most: int, top: str) -> None:
    """No column is higher than the chart."""
    chart = column_chart(["now"], [[most]])
    assert chart.lines[0].text == top
    assert all(block.y >= TOP for block in chart.columns[0].blocks)


def test_a_chart_without_series_is_empty() -> None:
    """Nothing is divided by zero."""
    assert column_chart([], []).columns == []
    assert [column.blocks for column in column_chart(["a", "b"], []).columns] == [[], []]
    assert latency_chart([], [[]], 5000).series == [[]]


@pytest.mark.parametrize(("buckets", "step"), [(3, 1), (8, 2), (13, 3), (25, 5)])
def test_only_labels_that_have_room_are_shown(buckets: int, step: int) -> None:
    """One near the right edge ends there instead of beginning there."""
    labels = column_chart([f"{number}" for number in range(buckets)], []).labels
    assert [label.text for label in labels] == [f"{number}" for number in range(0, buckets, step)]
    assert all(label.is_at_end == (label.place > 85) for label in labels)


def test_durations_are_on_a_scale_by_powers_of_ten() -> None:
    """Below a millisecond and above ten seconds they are at the edge."""
    chart = latency_chart(["a", "b", "c", "d"], [[1, 100, 10_000, 60_000], [0.2, 10, 1000, 10_000]], 5000)
    assert [dot.y for dot in chart.series[0]] == [BOTTOM, BOTTOM - 80, TOP, TOP]
    assert [dot.y for dot in chart.series[1]] == [BOTTOM, BOTTOM - 40, BOTTOM - 120, TOP]
    assert [dot.x for dot in chart.series[0]] == [12.5, 37.5, 62.5, 87.5]
    assert TOP < chart.limit < chart.lines[-1].place
    assert chart.lines[-1].text == "1 s"


def test_a_bucket_without_requests_is_a_gap() -> None:
    """No line crosses it."""
    [dots] = latency_chart(["a", "b", "c", "d"], [[1, None, 1, 1]], 5000).series
    assert dots == [
        Dot(12.5, BOTTOM, None, None),
        Dot(62.5, BOTTOM, 87.5, BOTTOM),
        Dot(87.5, BOTTOM, None, None),
    ]
