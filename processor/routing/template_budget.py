"""Limits what rendering a template may produce: characters, elements and steps."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# In characters. Far more than a name or an input needs, but at most some megabytes.
MAX_UNITS = 2_000_000
# The cost of a call or of one loop iteration: a rendering has at most 100,000 of them.
STEP = 20

# An element takes as much memory as several characters.
_ELEMENT = 10

_left: ContextVar[list[int]] = ContextVar("left")


class TooLargeError(Exception):
    """A template exceeds its budget."""


@contextmanager
def budget() -> Iterator[None]:
    """Give the code inside its own budget."""
    token = _left.set([MAX_UNITS])
    try:
        yield
    finally:
        _left.reset(token)


def spend(units: int) -> None:
    """Take units off the budget, before they are produced. Raise TooLargeError."""
    left = _left.get()
    left[0] -= max(units, 0)
    if left[0] < 0:
        raise TooLargeError


def each(values: Iterable[Any]) -> Iterator[Any]:
    """Yield the values, and spend one step for each."""
    for value in values:
        spend(STEP)
        yield value


def size_of(value: Any) -> int:
    """Return the cost of a value: one per character, ten per element, otherwise 0."""
    if isinstance(value, list | tuple | dict):
        return _ELEMENT * len(value)
    return len(value) if isinstance(value, str | bytes) else 0
