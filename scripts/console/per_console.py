"""Keep something of a page for each console, from its first use until the console is gone."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from scripts.console.console import Console

T = TypeVar("T")


class PerConsole(Generic[T]):
    """One value for each console, made at its first use. Any thread may use it."""

    def __init__(self, make: Callable[[Console], T]) -> None:
        self._make = make
        self._lock = threading.Lock()

    def of(self, console: Console) -> T:
        """Return the value of this console."""
        with self._lock:
            if self not in console.kept:
                console.kept[self] = self._make(console)
            value: T = console.kept[self]
            return value
