"""Keep what an operator has entered or begun on the server, under a random ID, so that no URL and no form has it."""

import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Generic, TypeVar

from starlette.exceptions import HTTPException

T = TypeVar("T")

_MOST: Final = 20


class Kept(Generic[T]):
    """The newest `most` values of a console, by ID. They are in memory only, and end with the console.

    `what` names one for people. Those that are in use (`is_used`) are never forgotten, and not counted.
    """

    def __init__(self, what: str, most: int = _MOST, is_used: Callable[[T], bool] = lambda _: False) -> None:
        self._what = what
        self._most = most
        self._is_used = is_used
        self._kept: dict[str, T] = {}

    def add(self, value: T, id_: str = "") -> tuple[str, list[T]]:
        """Keep a value. Return its ID, a new one unless it is given, and the oldest values, which are now forgotten."""
        id_ = id_ or secrets.token_urlsafe(12)
        self._kept[id_] = value
        idle = [each for each, kept in self._kept.items() if not self._is_used(kept)]
        return id_, [self._kept.pop(each) for each in idle[: -self._most or None]]

    def get(self, id_: str) -> T | None:
        """Return the value with this ID, or None if it is not kept any more."""
        return self._kept.get(id_)

    def find(self, id_: str) -> T:
        """Return the value with this ID. Raise HTTPException (410) if it is not kept any more."""
        if id_ not in self._kept:
            raise self.gone()
        return self._kept[id_]

    def gone(self) -> HTTPException:
        """Return the error (410) for an ID that is not kept any more."""
        return HTTPException(HTTPStatus.GONE, f"This console does not have the {self._what} any more. Begin again.")

    def newest(self) -> list[tuple[str, T]]:
        """Return all IDs and values, the newest first."""
        return list(reversed(self._kept.items()))
