"""Values that are read in the background and shown with their age, because SQS and logs have no quick answer."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Generic, NamedTuple, TypeVar

from scripts.console.background import Control, State, Work, Works

T = TypeVar("T")

Clock = Callable[[], datetime]
"""Returns the time now, in UTC."""

# Pages ask for one snapshot each; a page of an event has one of its own.
_MOST: Final = 60


class SnapshotView(NamedTuple, Generic[T]):
    """A snapshot at one moment, for a page that uses it several times: a reading can end at any moment."""

    value: T | None
    taken_at: datetime | None
    work: Work[T] | None
    problem: str


class Snapshot(Generic[T]):
    """The last good `value`, None before there is one, and when its reading began (`taken_at`, UTC).

    `work` is the reading that runs now. `problem` says why the last reading failed; the value is stale then.
    """

    def __init__(self, title: str, do: Callable[[Control], T], works: Works, clock: Clock) -> None:
        self._title = title
        self._do = do
        self._works = works
        self._clock = clock
        self._work: Work[T] | None = None
        self._tried_at: datetime | None = None
        self.value: T | None = None
        self.taken_at: datetime | None = None
        self.problem = ""

    @property
    def work(self) -> Work[T] | None:
        """The reading that runs now, if any."""
        self._settle()
        return self._work

    @property
    def is_stale(self) -> bool:
        """Whether the last reading failed, so that the value is older than it should be."""
        self._settle()
        return bool(self.problem) and self.value is not None

    def view(self) -> SnapshotView[T]:
        """Return what the snapshot has now."""
        work = self.work
        return SnapshotView(self.value, self.taken_at, work, self.problem)

    def refresh(self, max_age_seconds: float = 0) -> None:
        """Begin a reading, unless one runs or the last one began at most these seconds ago."""
        self._settle()
        due = self._tried_at is None or self._clock() - self._tried_at >= timedelta(seconds=max_age_seconds)
        if self._work is None and due:
            self._tried_at = self._clock()
            self._work = self._works.start(self._title, self._do)

    def expire(self) -> None:
        """Let the next `refresh` begin a reading, because something was changed."""
        self._tried_at = None

    def wait(self) -> None:
        """Wait for the reading that runs, if any."""
        if self._work:
            self._work.wait()
        self._settle()

    def _settle(self) -> None:
        """Take the result of a reading that has ended."""
        work = self._work
        if work is None or work.is_running:
            return
        self._work = None
        if work.state is State.done:
            self.value, self.taken_at, self.problem = work.result, work.began_at, ""
        else:
            self.problem = work.problem or "The reading was cancelled."


class Snapshots:
    """The snapshots of a console, by key. The least recently used ones are forgotten."""

    def __init__(self, works: Works, clock: Clock) -> None:
        self._works = works
        self._clock = clock
        self._snapshots: OrderedDict[str, Snapshot[Any]] = OrderedDict()

    def get(self, key: str, title: str, do: Callable[[Control], T], max_age_seconds: float) -> Snapshot[T]:
        """Return the snapshot with this key, and refresh it if it is older than this."""
        snapshot: Snapshot[T] | None = self._snapshots.get(key)
        if snapshot is None:
            snapshot = self._snapshots[key] = Snapshot(title, do, self._works, self._clock)
        self._snapshots.move_to_end(key)
        while len(self._snapshots) > _MOST:
            self._snapshots.popitem(last=False)
        snapshot.refresh(max_age_seconds)
        return snapshot

    def wait(self) -> None:
        """Wait for every reading that runs."""
        for snapshot in list(self._snapshots.values()):
            snapshot.wait()
