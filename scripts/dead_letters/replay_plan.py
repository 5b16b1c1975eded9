"""What a replay would do: counts by event and cause, and what stands in its way. Keeps no dead letter, changes none."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.replay_message import is_beyond_limit

SOON: Final = timedelta(days=1)


class ReplayGroup(NamedTuple):
    """What dead letters have in common that died of the same."""

    action: str
    event: str
    cause: str
    route: str
    target: str


@dataclass
class ReplayPlan:
    """The dead letters that a replay would send, as far as they were added; `now` is AWS' time.

    `copies` and `beyond_limit` are not among the `groups`; what would `expire_soon` or is `unreadable` is.
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
        """Counts a dead letter that is chosen."""
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
        """How many messages would go back."""
        return self.groups.total()
