"""Values that are read in the background and shown with their age, because SQS and logs have no quick answer."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Generic, NamedTuple, TypeVar

from scripts.console.background import Control, State, Work
from scripts.console.works import Works

T = TypeVar("T")

Clock = Callable[[], datetime]
"""Returns the time now, in UTC."""

# Pages ask for one snapshot each; a page of an event has one of its own.
_MOST: Final = 60


class Snapshot(NamedTuple, Generic[T]):
    """What was read last: the last good `value`, None before there is one, and when its reading began (UTC).

    `work` is the reading that runs, if any. `problem` says why the last reading failed; the value is stale then. A
    snapshot stays as it is, so that a page can use it several times: a reading can end at any moment.
    """

    value: T | None = None
    taken_at: datetime | None = None
    work: Work[T] | None = None
    problem: str = ""


class SnapshotReader(Generic[T]):
    """Reads something again and again in the background, and has the snapshot of it."""

    def __init__(self, title: str, do: Callable[[Control], T], works: Works, clock: Clock) -> None:
        self._title = title
        self._do = do
        self._works = works
        self._clock = clock
        self._tried_at: datetime | None = None
        self._snapshot = Snapshot[T]()

    @property
    def snapshot(self) -> Snapshot[T]:
        """What was read last."""
        self._settle()
        return self._snapshot

    def refresh(self, max_age_seconds: float = 0) -> Snapshot[T]:
        """Begin a reading, unless one runs or the last one began at most these seconds ago. Return the snapshot.

        If too much is read already, a later call begins it.
        """
        self._settle()
        due = self._tried_at is None or self._clock() - self._tried_at >= timedelta(seconds=max_age_seconds)
        if self._snapshot.work is None and due and not self._works.is_full:
            self._tried_at = self._clock()
            self._snapshot = self._snapshot._replace(work=self._works.start(self._title, self._do))
        return self._snapshot

    def expire(self) -> None:
        """Let the next `refresh` begin a reading, because something was changed."""
        self._tried_at = None

    def cancel(self) -> None:
        """Cancel the reading that runs, if any."""
        if work := self._snapshot.work:
            work.cancel()

    def replace(self, value: T) -> None:
        """Show this value until the next reading ends, because it is known what was changed."""
        self._snapshot = self.snapshot._replace(value=value)

    def wait(self) -> Snapshot[T]:
        """Wait for the reading that runs, if any, and return the snapshot. Blocks."""
        if work := self._snapshot.work:
            work.wait()
        return self.snapshot

    def _settle(self) -> None:
        """Take the result of a reading that has ended."""
        work = self._snapshot.work
        if work is None or work.is_running:
            return
        if work.state is State.done:
            self._snapshot = Snapshot(work.result, work.began_at)
        else:
            problem = work.problem or "Reading was cancelled."
            self._snapshot = self._snapshot._replace(work=None, problem=problem)


class SnapshotReaders:
    """The readers of a console, by key. The least recently used ones are forgotten."""

    def __init__(self, works: Works, clock: Clock) -> None:
        self._works = works
        self._clock = clock
        self._readers: OrderedDict[str, SnapshotReader[Any]] = OrderedDict()

    def get(self, key: str, title: str, do: Callable[[Control], T]) -> SnapshotReader[T]:
        """Return the reader with this key, which is made with the title of its work and `do` if it is new."""
        reader: SnapshotReader[T] | None = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = SnapshotReader(title, do, self._works, self._clock)
        self._readers.move_to_end(key)
        while len(self._readers) > _MOST:
            self._readers.popitem(last=False)[1].cancel()
        return reader
