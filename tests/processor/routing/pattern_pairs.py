"""Generates random patterns with events that match or nearly match."""

import random
from typing import Any

NAMES = ("a", "b", "c")
SCALARS: tuple[Any, ...] = ("x", "y", "xy", "", "1", 1, 2, True, False, None)
TEXTS = ("x", "y", "xy", "1")


class Pairs:
    """A source of patterns and events, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - samples, no secrets

    def pair(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """A pattern and an event, built of few names and values so that they often meet."""
        return self._pattern(2), self._object(3)

    def _pattern(self, depth: int) -> dict[str, Any]:
        names = self._random.sample(NAMES, self._random.randint(1, 2))
        return {name: self._inner(depth) for name in names}

    def _inner(self, depth: int) -> Any:
        if depth and self._random.random() < 0.4:
            return self._pattern(depth - 1)
        kind = self._random.random()
        if kind < 0.6:
            return self._random.sample(SCALARS, self._random.randint(1, 3))
        if kind < 0.8:
            return [{"exists": self._random.random() < 0.5}]
        return [{"anything-but": self._random.sample(TEXTS, self._random.randint(1, 2))}]

    def _object(self, depth: int, taken: tuple[str, ...] = ()) -> dict[str, Any]:
        names = [name for name in self._random.sample(NAMES, self._random.randint(0, 3)) if name not in taken]
        return {name: self._value(depth, name, taken) for name in names}

    def _value(self, depth: int, name: str, taken: tuple[str, ...]) -> Any:
        kind = self._random.random()
        if depth and kind < 0.3:
            return self._object(depth - 1, taken)
        if depth and kind < 0.5:
            return self._array(depth, (*taken, name))
        return self._random.choice(SCALARS)

    def _array(self, depth: int, taken: tuple[str, ...]) -> list[Any]:
        # Of one type, and without members named like the array: see test_patterns_against_event_ruler.py.
        length = self._random.randint(0, 3)
        if self._random.random() < 0.5:
            return [self._object(depth - 1, taken) for _ in range(length)]
        return self._random.choices(SCALARS, k=length)
