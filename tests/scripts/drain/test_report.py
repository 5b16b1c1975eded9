"""Test the text and the data of a drain."""

from datetime import UTC, timedelta, timezone

import pytest

from scripts.drain.estimate import Drain, DrainEnd, Faster, QueueNow, Trend, Workers
from scripts.drain.report import as_data, clauses, text
from tests.scripts.drain.test_estimate import NOW

MINUTE = timedelta(minutes=1)
ZURICH = timezone(timedelta(hours=1))
FALLING = Drain(
    QueueNow(NOW, 412, 70),
    Trend.falling,
    6 * MINUTE,
    Workers(50, 49.0, 4.0),
    per_second=0.5,
    end=DrainEnd(NOW + 14 * MINUTE, NOW + 11 * MINUTE, NOW + 20 * MINUTE),
    faster=Faster(100, NOW + 2 * MINUTE),
)


def test_a_falling_queue_is_described_in_full() -> None:
    """The end comes first, with its range and what that is from."""
    assert list(clauses(FALLING, UTC)) == [
        "412 waiting, empty at about 14:14Z (14:11Z to 14:20Z, measured for 6 min)",
        "at concurrency 100 at about 14:02Z, if the targets keep up",
        "at least 20 more wait for a retry, up to an hour",
    ]


def test_times_are_of_the_zone_and_have_the_day_if_it_is_another() -> None:
    """An operator reads the clock on the wall."""
    assert "about 15:14 (15:11 to 15:20," in text(FALLING, ZURICH)
    late = FALLING._replace(end=DrainEnd(NOW + 11 * 60 * MINUTE, NOW + 9 * 60 * MINUTE, None))
    assert "empty at about 2026-11-30 01:00Z (23:00Z or much later, measured" in text(late, UTC)


@pytest.mark.parametrize(
    ("drain", "expected"),
    [
        (FALLING._replace(end=None), "412 waiting, not empty within a day at this pace (measured for 6 min)"),
        (
            FALLING._replace(trend=Trend.growing, end=None, per_second=-2),
            "412 waiting, growing by 120 a minute (measured for 6 min)",
        ),
        (
            FALLING._replace(trend=Trend.steady, end=None, measured=90 * timedelta(seconds=1)),
            "412 waiting, not clearly falling (measured for 90 s)",
        ),
        (
            FALLING._replace(trend=Trend.unknown, end=None, problem="measured for only 20 s"),
            "412 waiting, when it is empty is not known: measured for only 20 s",
        ),
        (FALLING._replace(now=QueueNow(NOW, 0), trend=Trend.empty, end=None), "none waiting"),
    ],
)
def test_without_an_end_the_text_says_why(drain: Drain, expected: str) -> None:
    """A time is never guessed."""
    assert next(clauses(drain, UTC)) == expected


def test_concurrency_that_is_not_used_is_named() -> None:
    """A higher one would not help."""
    drain = FALLING._replace(faster=Faster(100, None), workers=Workers(50, 12.0, 4.0))
    assert "about 12 of 50 at work, so a higher concurrency would not help" in text(drain, UTC)


def test_data_has_times_in_utc() -> None:
    """A program reads the range too."""
    assert as_data(FALLING) == {
        "waiting": 412,
        "in_flight": 70,
        "retrying_at_least": 20,
        "trend": "falling",
        "empty_at": "2026-11-29T14:14:00.000Z",
        "empty_earliest": "2026-11-29T14:11:00.000Z",
        "empty_latest": "2026-11-29T14:20:00.000Z",
        "measured_seconds": 360,
        "falling_per_minute": 30.0,
        "concurrency": 50,
        "higher_concurrency": 100,
        "empty_at_higher_concurrency": "2026-11-29T14:02:00.000Z",
        "problem": None,
    }
