"""Keep what a feature of the console needs as long as the console is there."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from scripts.console.console import Console

T = TypeVar("T")


class PerConsole(Generic[T]):
    """One value for each console, created when it is first asked for. The value must not refer to the console."""

    def __init__(self, create: Callable[[], T]) -> None:
        self._create = create
        self._values: WeakKeyDictionary[Console, T] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, console: Console) -> T:
        """Return the value of a console. Any thread may ask."""
        with self._lock:
            if console not in self._values:
                self._values[console] = self._create()
            return self._values[console]
