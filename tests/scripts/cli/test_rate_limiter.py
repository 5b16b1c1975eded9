"""A rate is kept, by a clock that the test turns."""

import pytest

from scripts.cli.rate_limiter import Rate


class Clock:
    """Time that passes only by sleeping, or by a call."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_f47_no_more_go_in_any_time_than_the_rate_says() -> None:
    """A hundred, ten at a time, at twenty a second: the last ten after four and a half seconds."""
    clock = Clock()
    rate = Rate(20, clock.monotonic, clock.sleep)
    for _ in range(10):
        rate.wait(10)
    assert clock.now == pytest.approx(104.5)


def test_f47_time_that_went_by_without_sending_is_not_made_up_for() -> None:
    """After a minute of looking for dead letters the next ones go as slowly as ever."""
    clock = Clock()
    rate = Rate(5, clock.monotonic, clock.sleep)
    rate.wait(5)
    clock.now += 60
    rate.wait(5)
    assert clock.slept == []
    rate.wait(5)
    assert clock.slept == [pytest.approx(1)]


@pytest.mark.parametrize(("per_second", "burst"), [(0.1, 1), (1, 1), (7.5, 7), (20, 20)])
def test_f47_not_more_than_a_seconds_worth_goes_at_once(per_second: float, burst: int) -> None:
    """At one dead letter in ten seconds not ten dead letters in a hundred."""
    assert Rate(per_second).burst == burst
