"""The bars of the number of failures over time."""

from datetime import UTC, datetime, timedelta

from scripts.console.readings.issue_bars import HEIGHT, bars_of
from scripts.issues.counts import counts_over_time

AT = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


def test_bars_have_the_height_of_their_number() -> None:
    """The highest fills the picture, and an interval without failures has no bar."""
    bars = bars_of(counts_over_time([AT] * 4 + [AT - timedelta(hours=2)] * 2))
    assert [(bar.at, bar.failures, bar.height) for bar in bars] == [
        ("2026-11-24 10:00", 2, HEIGHT / 2),
        ("2026-11-24 12:00", 4, HEIGHT),
    ]
    assert bars[0].x < bars[0].x + bars[0].width < bars[1].x
    assert {bar.y + bar.height for bar in bars} == {HEIGHT}


def test_one_failure_beside_hundreds_is_visible() -> None:
    """It has a least height; all bars are within the picture."""
    bars = bars_of(counts_over_time([AT] * 400 + [AT - timedelta(days=13)]))
    assert (bars[0].at, bars[0].height) == ("2026-11-11", 1.5)
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 for bar in bars)


def test_no_failures_have_no_bars() -> None:
    """The picture is left out."""
    assert bars_of(counts_over_time([])) == []
