"""Bounds what a rendering may make: characters, elements, steps. Knows no filter and no operator."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# In characters. Far beyond what a name or an input needs, and some megabytes at most.
MAX_UNITS = 2_000_000
# What a call, or one more round of a loop, costs: a rendering takes at most 100,000 of them.
STEP = 20

# An element takes as much memory as some characters do.
_ELEMENT = 10

_left: ContextVar[list[int]] = ContextVar("left")


class TooLargeError(Exception):
    """A template makes more than its budget."""


@contextmanager
def budget() -> Iterator[None]:
    """Give the code inside a budget of its own."""
    token = _left.set([MAX_UNITS])
    try:
        yield
    finally:
        _left.reset(token)


def spend(units: int) -> None:
    """Take units off the budget before they are made. Raises TooLargeError."""
    left = _left.get()
    left[0] -= max(units, 0)
    if left[0] < 0:
        raise TooLargeError


def each(values: Iterable[Any]) -> Iterator[Any]:
    """Yield the values, each for one step of the budget."""
    for value in values:
        spend(STEP)
        yield value


def size_of(value: Any) -> int:
    """What a value costs: one for each character, ten for each element, 0 for what has neither."""
    if isinstance(value, list | tuple | dict):
        return _ELEMENT * len(value)
    return len(value) if isinstance(value, str | bytes) else 0
