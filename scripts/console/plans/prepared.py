"""Keep what an operator has to confirm before it is done. A form has its random id only, and it is done once."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar

from starlette.exceptions import HTTPException

from scripts.cli.exit_codes import RejectedError
from scripts.console.background import Control, Work
from scripts.console.console import Console

T = TypeVar("T")

LIFETIME: Final = timedelta(minutes=15)
"""How long something can be confirmed after it was prepared: what it is about may change meanwhile."""

_MOST: Final = 50


class Prepared(Generic[T]):
    """Something to confirm, which was prepared at `made_at` (UTC). `work` does it, and is None until it begins."""

    def __init__(self, value: T, made_at: datetime) -> None:
        self.id: Final = secrets.token_urlsafe(12)
        self.value: Final = value
        self.made_at: Final = made_at
        self.work: Work[Any] | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether it is too late to confirm it."""
        return self.work is None and now - self.made_at > LIFETIME

    def begin(self, console: Console, title: str, do: Callable[[Control], Any]) -> None:
        """Start to do it; nothing happens if it was begun before. Raise RejectedError if it is too late."""
        if self.is_expired(console.clock()):
            minutes = LIFETIME.seconds // 60
            raise RejectedError(
                f"This was prepared more than {minutes} minutes ago, so nothing was done. Prepare it again."
            )
        if self.work is None:
            self.work = console.start(title, do)


class PreparedThings(Generic[T]):
    """What was prepared at a console. The oldest things are forgotten."""

    def __init__(self) -> None:
        self._things: OrderedDict[str, Prepared[T]] = OrderedDict()

    def add(self, value: T, made_at: datetime) -> Prepared[T]:
        """Keep something to confirm."""
        prepared = Prepared(value, made_at)
        self._things[prepared.id] = prepared
        while len(self._things) > _MOST:
            self._things.popitem(last=False)
        return prepared

    def of(self, id_: str) -> Prepared[T]:
        """Return the thing with this id. Raise HTTPException (404) if it is not known."""
        if id_ not in self._things:
            raise HTTPException(HTTPStatus.NOT_FOUND, "This console does not have it any more. Prepare it again.")
        return self._things[id_]
