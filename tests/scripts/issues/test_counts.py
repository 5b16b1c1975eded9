"""Counts over time."""

from datetime import UTC, datetime, timedelta

from scripts.issues.counts import CountsOverTime, Per, counts_over_time

AT = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def counted(*ago: timedelta) -> tuple[Per, list[tuple[int, int]]]:
    """Return the interval, and its begin (day, hour) and count of each that has failures."""
    per, intervals = counts_over_time([AT - each for each in ago])
    return per, [(begin.day, failures) for begin, failures in intervals]


def test_times_within_two_days_are_counted_by_hour() -> None:
    """Intervals without a failure are zeros, so that a chart has no gaps."""
    per, intervals = counts_over_time([AT, AT - 2 * HOUR, AT - 2 * HOUR])
    assert per is Per.hour
    assert [(each.begin.hour, each.failures) for each in intervals] == [(10, 2), (11, 0), (12, 1)]
    assert len(counts_over_time([AT, AT - 2 * DAY]).intervals) == 49


def test_longer_times_are_counted_by_day() -> None:
    """Intervals begin at midnight UTC."""
    assert counted(timedelta(0), 3 * DAY) == (Per.day, [(21, 1), (22, 0), (23, 0), (24, 1)])


def test_a_forged_time_makes_no_long_row() -> None:
    """Those more than 31 days before the latest are left out."""
    assert counted(timedelta(0), 20_000 * DAY) == (Per.hour, [(24, 1)])
    assert counts_over_time([datetime(1970, 1, 1, tzinfo=UTC)]).intervals[0].failures == 1


def test_no_times_have_no_intervals() -> None:
    """An issue may have no failures now."""
    assert counts_over_time([]) == CountsOverTime(Per.hour, ())
