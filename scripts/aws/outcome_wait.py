"""Wait for the outcomes of events in the processor's log, or of notifications in another. Prints nothing."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from scripts.aws.clock import Clock
from scripts.aws.context import StackContext
from scripts.aws.event_follower import EventFollower, OutcomeLog
from scripts.aws.log_follower import clock_of
from scripts.aws.logged_event import LoggedEvent
from scripts.aws.logs import log_groups_of
from scripts.aws.nudge import Nudger

_BEFORE_SECONDS: Final = 5.0


class OutcomeWait:
    """Waits for outcomes that are logged after this object was created, so create it before the events are sent.

    Without `log` that is the processor's. `failed_attempts` has the last failed attempt of each event that has no
    outcome yet, by its key.
    """

    def __init__(
        self,
        scope: StackContext,
        *,
        log: OutcomeLog | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        log = log or OutcomeLog(log_groups_of(scope).processor)  # before AWS is asked: the stack may not name it
        self._aws = scope.aws
        self._monotonic = monotonic
        self._sleep = sleep
        self.clock: Clock = clock_of(scope.aws)
        self.failed_attempts: dict[str, LoggedEvent] = {}
        # Some seconds back: the clock may be ahead of AWS'. A first poll takes the lines that are there already.
        since = datetime.fromtimestamp(self.clock() - _BEFORE_SECONDS, UTC)
        self._follower = EventFollower(scope, since, self.clock, log)
        self._follower.poll(lambda _: None)
        while self._follower.is_slowed:
            self._sleep(self._follower.pause_seconds)
            self._follower.poll(lambda _: None)

    def outcomes(self, keys: Iterable[str], seconds: float) -> Iterator[LoggedEvent]:
        """Yield the outcome of each event with these keys as it is found, until all are found or the time is over.

        Raise FailedError if the log cannot be read, and botocore's errors.
        """
        missing = set(keys)
        deadline = self._monotonic() + seconds
        nudger = Nudger(self._aws, self._follower.log.group, self._monotonic)
        while missing:
            yield from self._found(missing)
            left = deadline - self._monotonic()
            if not missing or left <= 0:
                return
            nudger.nudge_if_due()
            self._sleep(min(self._follower.pause_seconds, left))

    def _found(self, missing: set[str]) -> Iterator[LoggedEvent]:
        """Poll once. Yield the outcomes of the missing events, and remove them."""
        events: list[LoggedEvent] = []
        self._follower.poll(events.extend)
        for event in events:
            key = self._follower.log.key(event)
            if key in missing and not event.is_final:
                self.failed_attempts[key] = event
            elif key in missing:
                missing.remove(key)
                self.failed_attempts.pop(key, None)
                yield event
