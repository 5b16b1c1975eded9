"""A standard queue of SQS with fair delivery, by the rules of "How Amazon SQS fair queues work" (SQS Developer Guide).

Time is a parameter of every call, in seconds, and never goes back.
"""

import heapq
import itertools
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

MOST_IN_FLIGHT: Final = 120_000
"""The quota of a standard queue ("Amazon SQS standard queue quotas"): above it, nothing is received."""


class FairRules(NamedTuple):
    """When a group is noisy. The documentation has all numbers but `recent_seconds`, which is assumed.

    More than `share` of the messages in flight and at least `fewest_in_flight`, or more than `time_share` of the recent
    processing time. A group that has sent nothing for `quiet_after_seconds` is quiet again, also with a backlog.
    """

    share: float = 0.10
    time_share: float = 0.10
    fewest_in_flight: int = 30
    recent_seconds: float = 60.0
    quiet_after_seconds: float = 300.0


@dataclass(slots=True, eq=False)
class Message:
    """A message: `family` is for counting only, and an empty `group` means none. Times are seconds."""

    family: str
    group: str
    sent_at: float
    visible_at: float = 0.0
    receives: int = 0


@dataclass(slots=True, eq=False)
class Group:
    """The messages of a group: those that are visible, in order, and how many are in flight."""

    visible: deque[Message] = field(default_factory=deque)
    in_flight: int = 0
    sent_at: float = -math.inf
    _time: float = 0.0
    _at: float = 0.0

    def add_in_flight(self, change: int, now: float, recent: float) -> None:
        """Change the number of messages in flight."""
        self._time, self._at = self.processing_time(now, recent), now
        self.in_flight += change

    def processing_time(self, now: float, recent: float) -> float:
        """Return the seconds that messages were in flight, those long before `recent` seconds ago hardly counted."""
        kept = math.exp((self._at - now) / recent)
        return self._time * kept + self.in_flight * recent * (1 - kept)


class FairQueue:
    """A queue; messages without a group are groups of their own, so none of them is ever noisy."""

    def __init__(self, rules: FairRules = FairRules()) -> None:  # noqa: B008 - immutable
        self._rules = rules
        self._groups: dict[str, Group] = {}
        self._all = Group()
        self._hidden: list[tuple[float, int, Message]] = []
        self._order = itertools.count()
        self.backlog = 0

    @property
    def in_flight(self) -> int:
        """The number of messages that were received and are neither deleted nor visible again."""
        return self._all.in_flight

    def send(self, message: Message, now: float) -> None:
        """Add a message, visible at once."""
        group = self._groups.setdefault(message.group, Group())
        group.sent_at = now
        self._show(message, now)

    def receive(self, now: float) -> Message | None:
        """Return a message that is now in flight, or None."""
        self._return_hidden(now)
        if not self.backlog or self._all.in_flight >= MOST_IN_FLIGHT:
            return None
        message = self._next(now).visible.popleft()
        self.backlog -= 1
        message.receives += 1
        self._count(message, 1, now)
        return message

    def delete(self, message: Message, now: float) -> None:
        """Remove a message that is in flight."""
        self._count(message, -1, now)

    def postpone(self, message: Message, seconds: float, now: float) -> None:
        """Hide a message that is in flight for so long (its visibility timeout); it stays in flight until then."""
        message.visible_at = now + seconds
        heapq.heappush(self._hidden, (message.visible_at, next(self._order), message))

    def is_noisy(self, name: str, now: float) -> bool:
        """Return whether messages of other groups are delivered before those of this one."""
        group, rules = self._groups[name], self._rules
        if not name or not group.visible or now - group.sent_at >= rules.quiet_after_seconds:
            return False
        if group.in_flight >= rules.fewest_in_flight and group.in_flight > rules.share * self._all.in_flight:
            return True
        recent = rules.recent_seconds
        return group.processing_time(now, recent) > rules.time_share * self._all.processing_time(now, recent)

    def _next(self, now: float) -> Group:
        waiting = {name: group for name, group in self._groups.items() if group.visible}
        if len(waiting) == 1:
            return next(iter(waiting.values()))
        quiet = [group for name, group in waiting.items() if not self.is_noisy(name, now)]
        return min(quiet, key=_oldest) if quiet else min(waiting.values(), key=_fewest_in_flight)

    def _show(self, message: Message, now: float) -> None:
        message.visible_at = now
        self._groups[message.group].visible.append(message)
        self.backlog += 1

    def _return_hidden(self, now: float) -> None:
        while self._hidden and self._hidden[0][0] <= now:
            at, _, message = heapq.heappop(self._hidden)
            self._count(message, -1, now)
            self._show(message, at)

    def _count(self, message: Message, change: int, now: float) -> None:
        recent = self._rules.recent_seconds
        self._groups[message.group].add_in_flight(change, now, recent)
        self._all.add_in_flight(change, now, recent)


def _oldest(group: Group) -> float:
    return group.visible[0].visible_at


def _fewest_in_flight(group: Group) -> tuple[int, float]:
    return group.in_flight, group.visible[0].visible_at
