"""Work in the background: one thread each, with its progress, its result, and a way to cancel it."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Generic, TypeVar

from scripts.aws.context import aws_errors_explained
from scripts.cli.exit_codes import CommandError
from scripts.cli.progress import ProgressDisplay

T = TypeVar("T")

_MOST_NOTES: Final = 100


class State(StrEnum):
    """How far a work is. The last three are final."""

    running = "running"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"


class WorkCancelledError(Exception):
    """The operator has cancelled the work; raised where it reports its progress."""


class Work(Generic[T]):
    """What runs in the background: `done` of about `total` so far, then a `result`, or a sentence as `problem`.

    `notes` are lines that the service reports. Times are in UTC.
    """

    def __init__(self, title: str, do: "Callable[[Control], T]") -> None:
        self.id: Final = secrets.token_urlsafe(12)
        self.title = title
        self.state = State.running
        self.began_at = datetime.now(UTC)
        self.ended_at: datetime | None = None
        self.done = 0
        self.total = 0
        self.step = ""
        self.notes: list[str] = []
        self.result: T | None = None
        self.problem = ""
        self._is_cancelled = threading.Event()
        self._do = do
        # A daemon, because a call to AWS that hangs must not keep the console from ending.
        self._thread = threading.Thread(target=self._run, name=f"console: {title}", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether the work has not ended yet."""
        return self.state is State.running

    @property
    def is_cancelling(self) -> bool:
        """Whether the work was cancelled and has not ended yet."""
        return self.is_running and self._is_cancelled.is_set()

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask the work to end where it is safe. What it has done stays done."""
        self._is_cancelled.set()

    def check(self) -> None:
        """Raise WorkCancelledError if the work was cancelled."""
        if self._is_cancelled.is_set():
            raise WorkCancelledError

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the work has ended, at most these seconds."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            with aws_errors_explained():
                self.result = self._do(Control(self))
            state = State.done
        except WorkCancelledError:
            state = State.cancelled
        except CommandError as error:
            self.problem, state = str(error), State.failed
        except Exception as error:  # noqa: BLE001 -- nobody else would see it; a text of the error may be a body
            self.problem, state = f"The console failed: {type(error).__name__}.", State.failed
        del self._do  # it can hold a body, and the work is remembered
        self.ended_at = datetime.now(UTC)
        self.state = state


class Control(ProgressDisplay):
    """What a work gets: it passes it to services as their progress, and `deferred` where they must not be interrupted.

    Each report of progress raises WorkCancelledError once the work was cancelled, but not inside `deferred`.
    """

    def __init__(self, work: Work[T]) -> None:
        self._work = work
        self._deferring = 0

    def check(self) -> None:
        """Raise WorkCancelledError if the work was cancelled and may end here."""
        if not self._deferring:
            self._work.check()

    def count(self, done: int, total: int) -> None:
        """Report how many are done, of about how many."""
        self._work.done, self._work.total = done, max(done, total)
        self.check()

    def step(self, what: str, count: int = 0) -> None:
        """Report what is being read, and how many were found so far."""
        self._work.step, self._work.done = what, count
        self.check()

    def log(self, group: str, count: int, _last: int) -> None:
        """Report how many lines of a log group were read."""
        self.step(group, count)

    def note(self, line: str) -> None:
        """Keep a line for the page."""
        self._work.notes = [*self._work.notes, line][-_MOST_NOTES:]

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Delay a cancellation until the end of the block."""
        self._deferring += 1
        try:
            yield
        finally:
            self._deferring -= 1
        self.check()


def unwatched() -> Control:
    """Return the control of work that nobody watches or cancels, because the answer to a form waits for it."""
    return Control(Work("answering a form", lambda _: None))
