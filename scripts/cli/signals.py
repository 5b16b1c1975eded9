"""Handle Ctrl-C and similar signals in commands that must clean up."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, Self

# Ctrl-C, a stop by a supervisor, a closed terminal.
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """While entered, the first signal raises KeyboardInterrupt; later ones are ignored."""

    def __init__(self) -> None:
        self._deferring = 0
        self._received = False
        self._due = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._previous = {number: signal.signal(number, self._receive) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Delay an interruption until the end of the block."""
        self._deferring += 1
        try:
            yield
        finally:
            self._deferring -= 1
            self._raise_if_due()

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        self._due = not self._received
        self._received = True
        self._raise_if_due()

    def _raise_if_due(self) -> None:
        if self._due and not self._deferring:
            self._due = False
            raise KeyboardInterrupt
