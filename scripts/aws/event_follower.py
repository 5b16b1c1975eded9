"""Follow the events of a stack: each outcome and each failed attempt, once. Prints nothing."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from scripts.aws.clock import Clock
from scripts.aws.context import StackContext
from scripts.aws.log_follower import FollowedLine, LogFollower, PollPace, clock_of, poll
from scripts.aws.logged_event import ATTEMPTS, LoggedEvent, logged_event
from scripts.aws.logs import log_groups_of
from scripts.cli.times import Moment, milliseconds, milliseconds_of

TakeEvents = Callable[[list[LoggedEvent]], None]
"""Takes some new events, by time."""


class OutcomeLog(NamedTuple):
    """A log group with attempts, what a line says about one, and the key of an event in it."""

    group: str
    parse: Callable[[int, Mapping[str, Any]], LoggedEvent | None] = logged_event
    key: Callable[[LoggedEvent], str] = attrgetter("receipt_id")


class EventFollower:
    """The events of a stack, from a time on; without `since` from now on. Without `log` it is that of the processor."""

    def __init__(
        self,
        scope: StackContext,
        since: Moment | None = None,
        clock: Clock | None = None,
        log: OutcomeLog | None = None,
    ) -> None:
        clock = clock or clock_of(scope.aws)
        now = datetime.fromtimestamp(clock(), UTC)
        begin = milliseconds_of(since, now) if since else milliseconds(now)
        self._pace = PollPace(scope.aws)
        self.log = log or OutcomeLog(log_groups_of(scope).processor)
        self._follower = LogFollower(scope.aws, self.log.group, ATTEMPTS, begin, clock)

    @property
    def pause_seconds(self) -> float:
        """How long to wait before the next poll."""
        return self._pace.seconds

    @property
    def is_slowed(self) -> bool:
        """Whether AWS throttled the last poll or did not answer it; the events follow later."""
        return self._pace.is_slowed

    @property
    def summary(self) -> str:
        """Counts for people; empty if events are only counted."""
        return ""

    def poll(self, take: TakeEvents) -> None:
        """Pass the new events to `take`, in one or several parts.

        Raise FailedError if the log cannot be read, and botocore's errors that do not pass.
        """

        def take_lines(lines: list[FollowedLine]) -> None:
            if events := [event for line in lines if (event := self.log.parse(line.at, line.members))]:
                take(events)

        poll(self._follower, self._pace, take_lines)
