"""One attempt at a request: its time, and the connection that it shuts down."""

import socket
from collections.abc import Callable

import pytest

from notifications.http_attempt import HttpAttempt


def test_the_time_that_remains() -> None:
    """It is measured from the start of the attempt and never negative."""
    clock = [100.0]
    attempt = HttpAttempt(3, monotonic=lambda: clock[0])
    assert (attempt.remaining(), attempt.is_over) == (3, False)
    clock[0] = 102.5
    assert (attempt.remaining(), attempt.is_over) == (0.5, False)
    clock[0] = 104
    assert (attempt.remaining(), attempt.is_over) == (0, True)


def test_a_connection_is_shut_down_at_the_deadline() -> None:
    """A read that waits ends, also if another object has taken over the socket."""
    here, there = socket.socketpair()
    closed: list[bool] = []
    with here, there, HttpAttempt(0.05) as attempt:
        attempt.watch(here, lambda: closed.append(True))
        taken = socket.socket(fileno=here.detach())
        with taken:
            assert taken.recv(1) == b""
    assert (attempt.is_cut, closed) == (True, [True])


class ImmediateTimer:
    """A timer whose time is over when it starts."""

    def __init__(self, _seconds: float, function: Callable[[], None]) -> None:
        self.start = function
        self.daemon = False

    def cancel(self) -> None:
        """Do nothing, because it is over."""


def test_a_connection_that_comes_after_the_deadline_is_shut_down_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection can be made just when the time is over."""
    monkeypatch.setattr("threading.Timer", ImmediateTimer)
    here, there = socket.socketpair()
    with here, there, HttpAttempt(60) as attempt:
        assert attempt.is_over
        attempt.watch(here, here.close)
        assert there.recv(1) == b""


def test_the_connection_ends_with_the_attempt() -> None:
    """The peer sees the end without waiting for the garbage collector."""
    here, there = socket.socketpair()
    with here, there:
        with HttpAttempt(60) as attempt:
            attempt.watch(here, here.close)
        assert there.recv(1) == b""
        assert here.fileno() == -1
    assert not attempt.is_cut
