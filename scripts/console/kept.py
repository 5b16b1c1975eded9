"""Keep what an operator has entered on the server, under a random ID, so that no URL has it."""

import secrets
from collections import OrderedDict
from typing import Final, Generic, TypeVar

from starlette.requests import Request

T = TypeVar("T")

_MOST: Final = 20


class Kept(Generic[T]):
    """The newest twenty of these, by ID. They are in memory only, and end with the console."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, T] = OrderedDict()

    def add(self, value: T) -> tuple[str, list[T]]:
        """Keep a value. Return its ID, and the oldest values that are no longer kept."""
        id_ = secrets.token_urlsafe(12)
        self._kept[id_] = value
        forgotten = []
        while len(self._kept) > _MOST:
            forgotten.append(self._kept.popitem(last=False)[1])
        return id_, forgotten

    def get(self, id_: str) -> T | None:
        """Return the value with this ID, or None if it is not kept any more."""
        return self._kept.get(id_)

    def newest(self) -> list[tuple[str, T]]:
        """Return all IDs and values, the newest first."""
        return list(reversed(self._kept.items()))


def kept_in(request: Request, name: str, _kind: type[T]) -> Kept[T]:
    """Return what the console of a request keeps under this name; `_kind` is the type of the values."""
    state = request.app.state
    if not hasattr(state, name):
        setattr(state, name, Kept())
    kept: Kept[T] = getattr(state, name)
    return kept
