"""Test the estimate of when a queue will be empty, with simulated queues whose end is known."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.drain.estimate import LONGEST, Drain, Faster, QueueCount, QueueNow, Trend, Workers, estimate

NOW = datetime(2026, 11, 29, 14, 0, tzinfo=UTC)


def counted(waiting: Sequence[int], step: float = 60) -> list[QueueCount]:
    """Return these counts, the last one at NOW."""
    last = len(waiting) - 1
    return [QueueCount(NOW - timedelta(seconds=step * (last - place)), each) for place, each in enumerate(waiting)]


def drain_of(*waiting: int, step: float = 60, workers: Workers | None = None, in_flight: int = 0) -> Drain:
    *earlier, now = counted(waiting, step)
    return estimate(QueueNow(NOW, now.waiting, in_flight), earlier, workers or Workers())


def is_within(drain: Drain, end: datetime) -> bool:
    """Return whether the range of the estimate has the true end."""
    assert drain.end
    return drain.end.earliest <= end and (drain.end.latest is None or end <= drain.end.latest)


def test_a_falling_queue_has_an_end() -> None:
    """It falls by 100 a minute, so 400 take four minutes, give or take one for the age of the counts."""
    drain = drain_of(1000, 900, 800, 700, 600, 500, 400)
    assert drain.trend is Trend.falling
    assert drain.end
    assert drain.end.at == NOW + timedelta(minutes=4)
    assert drain.end.earliest < NOW + timedelta(minutes=3)
    assert drain.end.latest
    assert NOW + timedelta(minutes=4) < drain.end.latest < NOW + timedelta(minutes=7)


@pytest.mark.parametrize(
    ("waiting", "trend"),
    [
        ((100, 200, 300, 400, 500), Trend.growing),
        ((500, 501, 499, 500, 500), Trend.steady),
        ((500, 400, 300, 200, 0), Trend.empty),
        ((0, 300, 700, 600, 500, 400), Trend.steady),  # it has turned, so the pace is not certain
    ],
)
def test_a_queue_that_does_not_fall_has_no_end(waiting: Sequence[int], trend: Trend) -> None:
    """A time would be wrong."""
    drain = drain_of(*waiting)
    assert (drain.trend, drain.end) == (trend, None)


@pytest.mark.parametrize(("count", "step", "few"), [(1, 60, "0 s"), (2, 60, "2 counts"), (3, 10, "20 s")])
def test_too_few_counts_say_nothing(count: int, step: float, few: str) -> None:
    """The counts of SQS may be a minute old."""
    drain = drain_of(*range(500, 500 - 100 * count, -100), step=step)
    assert (drain.trend, drain.end) == (Trend.unknown, None)
    assert drain.problem == f"measured for only {few}"


def test_why_there_are_too_few_counts_is_kept() -> None:
    """A missing right is more useful than the measured time."""
    assert estimate(QueueNow(NOW, 5), [], Workers(), "no rights").problem == "no rights"


def test_an_end_beyond_a_day_is_not_a_time() -> None:
    """The pace of six minutes says nothing about tomorrow."""
    drain = drain_of(1_000_600, 1_000_500, 1_000_400, 1_000_300)
    assert drain.end is None
    drain = drain_of(2403, 2402, 2401, 2400)
    assert (drain.trend, drain.end) == (Trend.steady, None)


@given(
    waiting=st.integers(150, 100_000),
    per_second=st.floats(0.05, 200),
    noise=st.lists(st.floats(-0.015, 0.015), min_size=4, max_size=40),
    lag=st.floats(0, 60),
)
def test_the_range_has_the_true_end(waiting: int, per_second: float, noise: list[float], lag: float) -> None:
    """Each count is off by up to 2%, and they are up to a minute old."""
    step = 360 / (len(noise) - 1)
    ages = [step * (len(noise) - 1 - place) for place in range(len(noise))]
    found = [round((waiting + per_second * age) * (1 + off)) for age, off in zip(ages, noise, strict=True)]
    drain = drain_of(*found, step=step)
    assert drain.trend in {Trend.falling, Trend.steady}
    if drain.end:
        assert is_within(drain, NOW + timedelta(seconds=max(0, waiting / per_second - lag)))


@pytest.mark.parametrize("waiting", [60, 300, 3000])
def test_the_range_has_the_end_of_random_traffic(waiting: int) -> None:
    """Events come and go by chance, 10 and 12 a second; the range is of two standard deviations."""
    rng, right, certain = random.Random(waiting), 0, 0  # noqa: S311 -- a simulation
    for _ in range(60):
        found, second = [waiting + 720], 0
        while found[-1] > 0 or second < 360:
            found.append(max(0, found[-1] + round(rng.gauss(-2, 22**0.5))))
            second += 1
        drain = drain_of(*found[0:361:10], step=10)
        if drain.end:
            certain += 1
            right += is_within(drain, NOW + timedelta(seconds=second - 360))
    assert certain > 40
    assert right / certain >= 0.9


@given(waiting=st.lists(st.integers(0, 10**6), min_size=1, max_size=50), step=st.floats(1, 200))
def test_no_time_is_in_the_past_and_only_falling_queues_have_one(waiting: list[int], step: float) -> None:
    """This holds for any counts; the range contains the likely end."""
    drain = drain_of(*waiting, step=step, workers=Workers(50, 50, 10))
    assert drain.end is None or drain.trend is Trend.falling
    if drain.end:
        latest = drain.end.latest or NOW + LONGEST
        assert NOW <= drain.end.earliest <= drain.end.at <= latest
        assert drain.faster
        assert drain.faster.at
        assert NOW <= drain.faster.at <= drain.end.at


@given(
    start=st.integers(0, 10**5),
    grown=st.lists(st.integers(0, 1000), min_size=4, max_size=30),
)
def test_a_queue_that_only_grows_has_no_end(start: int, grown: list[int]) -> None:
    """It never gets a time."""
    found = [start + sum(grown[:place]) for place in range(1, len(grown) + 1)]
    assert drain_of(*found, step=30).end is None


def test_a_higher_concurrency_is_estimated_in_proportion() -> None:
    """With 50 all at work, 100 would process 200 more a minute."""
    workers = Workers(50, 49.0, 200 / 60)
    assert drain_of(800, 700, 600, 500, workers=workers).faster == Faster(100, NOW + timedelta(seconds=100))
    growing = drain_of(300, 400, 500, 600, workers=workers)
    assert growing.trend is Trend.growing
    assert growing.faster == Faster(100, NOW + timedelta(minutes=6))


def test_a_higher_concurrency_does_not_help_what_is_not_used() -> None:
    """The limit is somewhere else."""
    assert drain_of(800, 700, 600, 500, workers=Workers(50, 12.0, 3.0)).faster == Faster(100, None)


def test_nothing_is_said_about_concurrency_without_its_measures() -> None:
    """A guess would look like a measure."""
    assert drain_of(800, 700, 600, 500, workers=Workers(50)).faster is None


def test_messages_in_flight_beyond_the_concurrency_wait_for_a_retry() -> None:
    """SQS counts both as in flight."""
    assert drain_of(5, in_flight=70, workers=Workers(50)).retrying == 20
    assert drain_of(5, in_flight=7, workers=Workers(50)).retrying == 0
    assert drain_of(5, in_flight=70).retrying is None
