"""Plan a replay: count dead letters by event and cause, and the obstacles. Keep no dead letter."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.replay_message import is_beyond_limit

SOON: Final = timedelta(days=1)


class ReplayGroup(NamedTuple):
    """The event and cause that dead letters share."""

    action: str
    event: str
    cause: str
    route: str
    target: str


@dataclass
class ReplayPlan:
    """Counts of the dead letters added so far; `now` is AWS' time.

    `groups` counts those that would be sent, `expire_soon` and `unreadable` some of them. It excludes `copies`, and
    `beyond_limit` unless `ignore_replay_limit`.
    """

    now: datetime
    ignore_replay_limit: bool = False
    chosen: int = 0
    copies: int = 0
    beyond_limit: int = 0
    expire_soon: int = 0
    unreadable: int = 0
    groups: Counter[ReplayGroup] = field(default_factory=Counter)
    _keys: set[str] = field(default_factory=set)

    def add(self, read: ReadDeadLetter) -> None:
        """Count a selected dead letter."""
        self.chosen += 1
        summary = read.summary
        is_beyond = is_beyond_limit(read.dead_letter)
        if summary.copy_key in self._keys:
            self.copies += 1
            return
        self.beyond_limit += is_beyond
        if is_beyond and not self.ignore_replay_limit:
            return
        self._keys.add(summary.copy_key)
        self.expire_soon += summary.expires_at - self.now < SOON
        self.unreadable += bool(read.problem)
        cause = summary.cause
        self.groups[ReplayGroup(summary.action, summary.event, cause.category, cause.route, cause.target)] += 1

    @property
    def would_send(self) -> int:
        """The number of messages that would be sent."""
        return self.groups.total()
