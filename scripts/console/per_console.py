"""Keep something of a page for each console, from its first use until the console is gone."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from scripts.console.console import Console

T = TypeVar("T")


class PerConsole(Generic[T]):
    """One value for each console, made at its first use. Any thread may use it."""

    def __init__(self, make: Callable[[Console], T]) -> None:
        self._make = make
        self._values: WeakKeyDictionary[Console, T] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, console: Console) -> T:
        """Return the value of this console."""
        with self._lock:
            if console not in self._values:
                self._values[console] = self._make(console)
            return self._values[console]

    def put(self, console: Console, value: T) -> None:
        """Use this value for a console."""
        with self._lock:
            self._values[console] = value
