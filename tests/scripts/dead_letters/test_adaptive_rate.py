"""A replay slows down while the webhook queue is behind, by a clock that the test turns."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from scripts.dead_letters.adaptive_rate import MOST_WAITING, AdaptiveRate
from tests.scripts.cli.test_rate_limiter import Clock

BEHIND, QUIET = MOST_WAITING + 1, MOST_WAITING
DENIED = ClientError({"Error": {"Code": "AccessDenied"}}, "GetQueueAttributes")
UNREACHABLE = EndpointConnectionError(endpoint_url="http://127.0.0.1")


class Sending:
    """Sends ten at a time for some seconds, and notes the messages of each second and what is reported."""

    def __init__(self, waiting: Callable[[float], int]) -> None:
        self.clock = Clock()
        self.began = self.clock.now
        self.lines: list[str] = []
        self.looks: list[float] = []

        def look() -> int:
            self.looks.append(self.clock.now - self.began)
            return waiting(self.looks[-1])

        self.rate = AdaptiveRate(look, self.lines.append, self.clock.monotonic, self.clock.sleep)

    def run(self, seconds: float) -> float:
        """Return the messages per second of these seconds."""
        began, sent = self.clock.now, 0
        while self.clock.now - began < seconds:
            self.rate.wait(count := min(10, self.rate.burst))
            sent += count
        return sent / (self.clock.now - began)


def test_f47_a_queue_that_keeps_up_gets_twenty_a_second() -> None:
    """It is looked at every five seconds, and nothing is reported."""
    sending = Sending(lambda _: QUIET)
    assert sending.run(60) == pytest.approx(20, rel=0.1)
    assert sending.lines == []
    assert len(sending.looks) <= 12


def test_f47_the_rate_halves_to_one_while_the_queue_is_behind_and_rises_again() -> None:
    """One line says that it slows down, and why."""
    sending = Sending(lambda seconds: BEHIND if seconds < 120 else QUIET)
    sending.run(12)
    assert sending.rate.burst < 20
    sending.run(60)
    assert sending.run(45) == pytest.approx(1, rel=0.1)
    sending.run(60)
    assert sending.run(30) == pytest.approx(20, rel=0.1)
    [line] = sending.lines
    assert line == (
        "About 101 messages wait on the webhook queue: replaying more slowly, down to 1 per second, until 100 or fewer "
        "wait."
    )


def test_f47_each_time_that_it_slows_down_is_reported() -> None:
    """After it had risen to twenty again."""
    sending = Sending(lambda seconds: BEHIND if seconds % 60 < 10 else QUIET)
    sending.run(150)
    assert len(sending.lines) == 3


@pytest.mark.parametrize(("error", "code"), [(DENIED, "AccessDenied"), (UNREACHABLE, "EndpointConnectionError")])
def test_f47_a_failed_look_is_reported_once_and_slows_nothing_down(error: Exception, code: str) -> None:
    """The caller can lack the right; the replay goes on at twenty per second."""

    def failing(_: float) -> int:
        raise error

    sending = Sending(failing)
    assert sending.run(60) == pytest.approx(20, rel=0.1)
    assert len(sending.looks) > 5
    assert sending.lines == [
        f"The number of messages on the webhook queue could not be read ({code}): replaying 20 per second anyway."
    ]


def test_f47_after_a_failed_look_the_rate_is_twenty_again() -> None:
    """An unknown queue does not keep a replay slow."""

    def failing_later(seconds: float) -> int:
        if seconds < 60:
            return BEHIND
        raise DENIED

    sending = Sending(failing_later)
    sending.run(58)
    assert sending.rate.burst == 1
    sending.run(20)
    assert sending.run(20) == pytest.approx(20, rel=0.1)
    assert len(sending.lines) == 2


def test_f47_a_short_replay_does_not_look() -> None:
    """The queue is read between batches only, so one of a few dead letters needs no further call."""
    sending = Sending(lambda _: BEHIND)
    sending.run(4)
    assert sending.looks == []
