"""Test the buckets of a window: by the zone of the page, over both changes of daylight-saving time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scripts.cli.times import milliseconds
from scripts.overview.buckets import Buckets, OverviewWindow
from scripts.reconciliation.reconcile import TimeWindow

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
HOUR = timedelta(hours=1)


def buckets_of(until: datetime, window: OverviewWindow) -> Buckets:
    """Return the buckets of a window that ends at a time, in the zone of that time."""
    span = window.span
    end = until.astimezone(UTC)
    return Buckets(TimeWindow(milliseconds(end - span.length), milliseconds(end)), span.step, until.tzinfo)


def starts(buckets: Buckets, form: str = "%H:%M") -> list[str]:
    return [f"{bucket.begin:{form}}" for bucket in buckets.all]


def test_an_hour_has_buckets_of_five_minutes() -> None:
    """They begin at full five minutes; only the first begins with the window."""
    buckets = buckets_of(datetime(2026, 11, 29, 15, 2, tzinfo=UTC), OverviewWindow.HOUR)
    assert starts(buckets)[:3] == ["14:02", "14:05", "14:10"]
    assert (len(buckets.all), starts(buckets)[-1]) == (13, "15:00")
    assert all(one.end == following.begin for one, following in zip(buckets.all, buckets.all[1:], strict=False))


def test_at_half_past_eleven_at_night_the_days_are_those_of_the_zone() -> None:
    """In UTC the next day has not begun or has begun long ago."""
    buckets = buckets_of(datetime(2026, 11, 29, 23, 30, tzinfo=BERLIN), OverviewWindow.WEEK)
    assert starts(buckets, "%d %H:%M") == [
        "22 23:30",
        *(f"{day} 00:00" for day in range(23, 30)),
    ]
    late = milliseconds(datetime(2026, 11, 29, 22, 29, tzinfo=UTC))
    assert buckets.index_of(late) == 7
    assert buckets.index_of(milliseconds(datetime(2026, 11, 28, 22, 59, tzinfo=UTC))) == 6
    assert buckets.index_of(milliseconds(datetime(2026, 11, 28, 23, 0, tzinfo=UTC))) == 7


@pytest.mark.parametrize(
    ("change", "hours"),
    [(datetime(2026, 3, 29, tzinfo=BERLIN), 23), (datetime(2026, 10, 25, tzinfo=BERLIN), 25)],
)
def test_a_day_of_a_clock_change_is_one_bucket(change: datetime, hours: int) -> None:
    """It has 23 or 25 hours, and the days around it begin at midnight."""
    buckets = buckets_of(change + timedelta(days=2, hours=12), OverviewWindow.WEEK)
    assert set(starts(buckets)[1:]) == {"00:00"}
    [day] = [bucket for bucket in buckets.all if bucket.begin.date() == change.date()]
    assert day.end.astimezone(UTC) - day.begin.astimezone(UTC) == hours * HOUR


def test_the_hour_that_clocks_show_twice_is_two_buckets() -> None:
    """Their offsets differ, and no event of one is counted in the other."""
    buckets = buckets_of(datetime(2026, 10, 25, 12, 30, tzinfo=BERLIN), OverviewWindow.DAY)
    assert starts(buckets, "%H %z")[12:16] == ["01 +0200", "02 +0200", "02 +0100", "03 +0100"]
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert (buckets.index_of(milliseconds(first)), buckets.index_of(milliseconds(second))) == (13, 14)


def test_the_hour_that_clocks_skip_has_no_bucket() -> None:
    """The hour before it ends when the one after it begins."""
    buckets = buckets_of(datetime(2026, 3, 29, 12, 30, tzinfo=BERLIN), OverviewWindow.DAY)
    assert starts(buckets, "%H")[13:16] == ["00", "01", "03"]
    assert {bucket.end.astimezone(UTC) - bucket.begin.astimezone(UTC) for bucket in buckets.all[1:-1]} == {HOUR}


def test_zones_of_half_an_hour_have_full_local_hours() -> None:
    """In UTC those begin at half past."""
    buckets = buckets_of(datetime(2026, 11, 29, 23, 30, tzinfo=KOLKATA), OverviewWindow.DAY)
    assert set(starts(buckets)[1:]) == {f"{hour:02}:00" for hour in range(24)}
    assert {bucket.begin.astimezone(UTC).minute for bucket in buckets.all[1:]} == {30}


@pytest.mark.parametrize(("month", "day"), [(4, 5), (10, 4)])
def test_a_change_of_half_an_hour_leaves_no_gap(month: int, day: int) -> None:
    """Afterwards the buckets begin at full local hours again."""
    buckets = buckets_of(datetime(2026, month, day, 12, tzinfo=LORD_HOWE), OverviewWindow.DAY)
    assert all(one.end == following.begin for one, following in zip(buckets.all, buckets.all[1:], strict=False))
    assert all(bucket.begin.astimezone(UTC) < bucket.end.astimezone(UTC) for bucket in buckets.all)
    assert set(starts(buckets, "%M")[-6:]) == {"00"}


def test_the_window_has_its_first_moment_and_not_its_last() -> None:
    """Times outside of it have no bucket."""
    window = TimeWindow(1_795_521_600_000, 1_795_525_200_000)
    buckets = Buckets(window, timedelta(minutes=5), UTC)
    assert [buckets.index_of(at) for at in (window.since - 1, window.since, window.until - 1, window.until)] == [
        *(None, 0, 11, None)
    ]
    assert len(buckets.all) == 12


def test_without_a_zone_the_computer_decides() -> None:
    """The buckets cover the window in any zone."""
    window = TimeWindow(1_795_521_600_000, 1_795_521_600_000 + 7 * 86_400_000)
    buckets = Buckets(window, timedelta(days=1), None)
    assert milliseconds(buckets.all[0].begin) == window.since
    assert milliseconds(buckets.all[-1].end) == window.until
