"""The deadline of an HTTP attempt in tests: a server can let it pass, so that no test has to wait for it."""

import threading
from collections.abc import Callable

from tests.loopback import Conversation, stall


class Deadline:
    """Makes the timers of attempts in place of `threading.Timer`, and lets the time of the latest one pass at once."""

    def __init__(self) -> None:
        self._real = threading.Timer
        self._latest: threading.Timer | None = None

    def timer(self, seconds: float, function: Callable[[], None]) -> threading.Timer:
        """Return a real timer."""
        self._latest = self._real(seconds, function)
        return self._latest

    def end(self) -> None:
        """Do what the timer does after its seconds."""
        assert self._latest
        assert self._latest.is_alive()
        self._latest.function()


DEADLINE = Deadline()
"""For `monkeypatch.setattr("threading.Timer", DEADLINE.timer)`."""


def out_of_time(conversation: Conversation) -> bool:
    """Neither respond nor close the connection, until the deadline of the client has passed."""
    DEADLINE.end()
    return stall(conversation)
