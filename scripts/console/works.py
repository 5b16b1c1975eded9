"""Keep the works of a console, and bound how many run and how many are remembered."""

from collections.abc import Callable
from typing import Final, TypeVar

from scripts.cli.exit_codes import RejectedError
from scripts.console.background import Control, Work

T = TypeVar("T")

_MOST_REMEMBERED: Final = 100
_MOST_RUNNING: Final = 80


class Works:
    """The works of a console, the newest first; `remembered` of those that have ended stay, with their results.

    At most `running` run at once: each has a thread, and a page can be opened any number of times.
    """

    def __init__(self, remembered: int = _MOST_REMEMBERED, running: int = _MOST_RUNNING) -> None:
        self._remembered = remembered
        self._running = running
        self._works: dict[str, Work[object]] = {}

    @property
    def is_full(self) -> bool:
        """Whether as many works run as may."""
        return sum(each.is_running for each in self.all()) >= self._running

    def start(self, title: str, do: Callable[[Control], T]) -> Work[T]:
        """Start a work and return it. Raise RejectedError if too many run."""
        if self.is_full:
            raise RejectedError("The console runs as many works at once as it can. Wait until one has ended.")
        work = Work(title, do)
        self._works[work.id] = work  # type: ignore[assignment] # a list of works whose results are of any type
        ended = [each.id for each in self._works.values() if not each.is_running]
        for id_ in ended[: -self._remembered or None]:
            del self._works[id_]
        work.start()
        return work

    def all(self) -> list[Work[object]]:
        """Return the works, the newest first."""
        return list(reversed(self._works.values()))

    def cancel(self) -> None:
        """Cancel all works."""
        for work in self.all():
            work.cancel()

    def end(self, seconds: float) -> None:
        """Cancel all works, and wait for them at most these seconds altogether."""
        self.cancel()
        running = [each for each in self.all() if each.is_running]
        for work in running:
            work.wait(seconds / len(running))
