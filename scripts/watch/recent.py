"""Keep the latest events of a stack for pages that ask again and again. Prints nothing.

A look that finds the events old reads the log once, in the background. So nothing is read while nobody looks, and
however many pages look, the log is read once.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Final, NamedTuple

from scripts.aws.context import aws_errors_explained
from scripts.aws.event_follower import EventFollower
from scripts.aws.logged_event import LoggedEvent
from scripts.cli.exit_codes import CommandError

MOST_EVENTS: Final = 500
"""How many events are kept; older ones are forgotten."""

BEGIN: Final = timedelta(minutes=10)
"""How far back the first look begins."""

_RETRY_SECONDS: Final = 10.0

OpenFollower = Callable[[], EventFollower]
"""Returns a follower that begins `BEGIN` ago. Raises CommandError and botocore's errors."""

StartThread = Callable[[Callable[[], None]], None]
"""Runs a function in the background."""


class RecentView(NamedTuple):
    """The events that are kept, newest first.

    `revision` differs after each change. `is_read` says whether the log was read at all, `is_slowed` whether AWS
    throttles or does not answer, so that events follow later, and `problem` why nothing is read; it can be empty.
    """

    revision: int
    events: tuple[LoggedEvent, ...]
    is_read: bool
    is_slowed: bool
    problem: str


def start_daemon(work: Callable[[], None]) -> None:
    """Run `work` in a thread that does not keep the process alive."""
    threading.Thread(target=work, name="recent events", daemon=True).start()


class RecentEvents:
    """The latest events of a stack. `look` can be called from any thread, and never waits for AWS."""

    def __init__(
        self,
        open_follower: OpenFollower,
        monotonic: Callable[[], float] = time.monotonic,
        start: StartThread = start_daemon,
    ) -> None:
        self._open, self._monotonic, self._start = open_follower, monotonic, start
        self._lock = threading.Lock()
        self._follower: EventFollower | None = None
        self._events: deque[LoggedEvent] = deque(maxlen=MOST_EVENTS)
        self._state = (False, False, "")  # is_read, is_slowed, problem
        self._revision = 0
        self._is_reading = False
        self._next_at = self._read_at = float("-inf")

    def look(self) -> RecentView:
        """Return the events so far, and begin to read the newer ones if it is time."""
        with self._lock:
            is_due = not self._is_reading and self._monotonic() >= self._next_at
            self._is_reading |= is_due
            view = RecentView(self._revision, tuple(reversed(self._events)), *self._state)
        if is_due:
            self._start(self._read)
        return view

    def _read(self) -> None:
        """Read the log once."""
        pause = _RETRY_SECONDS
        try:
            with aws_errors_explained():
                follower = self._current_follower()
                follower.poll(self._add)
            self._read_at, pause = self._monotonic(), follower.pause_seconds
            self._set_state(is_slowed=follower.is_slowed, problem="")
        except CommandError as error:
            self._set_state(is_slowed=False, problem=str(error))
        except Exception as error:  # noqa: BLE001 -- Python would print it, and its text can quote a line
            self._set_state(is_slowed=False, problem=f"The reading itself failed: {type(error).__name__}.")
        finally:
            with self._lock:
                self._is_reading, self._next_at = False, self._monotonic() + pause

    def _current_follower(self) -> EventFollower:
        """Return the follower, which goes on where it stopped; after a long pause a new one, with an empty list."""
        if self._follower is None or self._monotonic() - self._read_at > BEGIN.total_seconds():
            self._follower = self._open()
            with self._lock:
                self._events.clear()
                self._revision += 1
        return self._follower

    def _add(self, events: list[LoggedEvent]) -> None:
        with self._lock:
            self._events.extend(events)
            self._revision += 1

    def _set_state(self, *, is_slowed: bool, problem: str) -> None:
        with self._lock:
            state = (self._state[0] or not problem, is_slowed, problem)
            self._revision += state != self._state
            self._state = state
