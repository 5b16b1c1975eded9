"""Keep the latest events of a stack for pages that ask again and again. One thread follows the log. Prints nothing.

The thread starts at the first look and ends when nobody has looked for a minute.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Final, NamedTuple

from scripts.aws.context import aws_errors_explained
from scripts.aws.logged_event import LoggedEvent
from scripts.cli.exit_codes import CommandError
from scripts.watch.service import EventFollower

MOST_EVENTS: Final = 500
"""How many events are kept; older ones are forgotten."""

BEGIN: Final = timedelta(minutes=10)
"""How far back the first look begins."""

IDLE_SECONDS: Final = 60.0
"""After how long without a look the log is no longer read."""

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
    """The latest events of a stack. All methods can be called from any thread, and none of them waits for AWS."""

    def __init__(
        self,
        open_follower: OpenFollower,
        monotonic: Callable[[], float] = time.monotonic,
        start: StartThread = start_daemon,
    ) -> None:
        self._open, self._monotonic, self._start = open_follower, monotonic, start
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._follower: EventFollower | None = None
        self._events: deque[LoggedEvent] = deque(maxlen=MOST_EVENTS)
        self._state = (False, False, "")  # is_read, is_slowed, problem
        self._revision = 0
        self._is_following = False
        self._looked_at = self._ended_at = self._polled_at = float("-inf")

    def look(self) -> RecentView:
        """Return the events so far, and begin or go on to read the log."""
        with self._lock:
            now = self._looked_at = self._monotonic()
            is_pausing = bool(self._state[2]) and now - self._ended_at < _RETRY_SECONDS
            is_due = not (self._is_following or is_pausing or self._stopped.is_set())
            self._is_following |= is_due
            view = RecentView(self._revision, tuple(reversed(self._events)), *self._state)
        if is_due:
            self._start(self._follow)
        return view

    def stop(self) -> None:
        """Stop reading for good."""
        self._stopped.set()

    def _follow(self) -> None:
        """Read the log until nobody looks any more, or until it cannot be read."""
        try:
            with aws_errors_explained():
                self._poll_while_watched()
        except CommandError as error:
            self._set_state(is_slowed=False, problem=str(error))
        finally:
            with self._lock:
                self._is_following, self._ended_at = False, self._monotonic()

    def _poll_while_watched(self) -> None:
        follower = self._current_follower()
        while not self._stopped.is_set() and self._monotonic() - self._looked_at < IDLE_SECONDS:
            follower.poll(self._add)
            self._polled_at = self._monotonic()
            self._set_state(is_slowed=follower.is_slowed, problem="")
            self._stopped.wait(follower.pause_seconds)

    def _current_follower(self) -> EventFollower:
        """Return the follower, which goes on where it stopped. After a long pause begin anew, without a gap in view."""
        if self._follower is None or self._monotonic() - self._polled_at > BEGIN.total_seconds():
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
            is_read = self._state[0] or not problem
            if self._state != (is_read, is_slowed, problem):
                self._state = (is_read, is_slowed, problem)
                self._revision += 1
