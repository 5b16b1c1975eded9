"""Plan a replay: which messages it would send, by event and cause, the obstacles, and a forecast. Changes nothing."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from scripts.dead_letters.filters import Selection
from scripts.dead_letters.planned_selection import PlannedMessage
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.reader import ReadDeadLetter, Summary
from scripts.dead_letters.replay_forecast import ReplayForecast, predictor
from scripts.dead_letters.replay_message import is_beyond_limit
from scripts.dead_letters.replay_time import QueueLook
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore

SOON: Final = timedelta(days=1)


class ReplayGroup(NamedTuple):
    """The event and cause that dead letters share."""

    action: str
    event: str
    cause: str
    route: str
    target: str


class NotificationGroup(NamedTuple):
    """The topic, integration, service and cause that dead letters of notifications share."""

    topic: str
    integration: str
    service: str
    cause: str


@dataclass
class ReplayPlan:
    """Counts of the dead letters added so far; `now` is AWS' time.

    `groups` counts those that would be sent, `expire_soon` and `unreadable` some of them. It excludes `copies`, and
    `beyond_limit` unless `ignore_replay_limit`. `messages` has every selected message by its ID, and `forecast` what
    would become of those that would be sent; `failing` has the digests of those that would fail again. `queue` is the
    webhook queue that they would be sent to.
    """

    now: datetime
    ignore_replay_limit: bool = False
    chosen: int = 0
    copies: int = 0
    beyond_limit: int = 0
    expire_soon: int = 0
    unreadable: int = 0
    groups: Counter[ReplayGroup | NotificationGroup] = field(default_factory=Counter)
    name: QueueName = QueueName.webhooks
    messages: dict[str, PlannedMessage] = field(default_factory=dict)
    forecast: ReplayForecast = field(default_factory=ReplayForecast)
    failing: set[bytes] = field(default_factory=set)
    queue: QueueLook = field(default_factory=QueueLook)
    _keys: set[bytes] = field(default_factory=set)

    def add(self, read: ReadDeadLetter) -> bool:
        """Count a selected dead letter, and return whether it would be sent."""
        self.chosen += 1
        summary, key = read.summary, bytes.fromhex(read.summary.copy_key)
        self.messages[summary.message_id] = PlannedMessage(summary.id, key)
        is_beyond = is_beyond_limit(read.dead_letter)
        if key in self._keys:
            self.copies += 1
            return False
        self.beyond_limit += is_beyond
        if is_beyond and not self.ignore_replay_limit:
            return False
        self._keys.add(key)
        self.expire_soon += summary.expires_at - self.now < SOON
        self.unreadable += bool(read.problem)
        self.groups[self._group_of(summary)] += 1
        return True

    def _group_of(self, summary: Summary) -> ReplayGroup | NotificationGroup:
        cause = summary.cause
        if self.name == QueueName.notifications:
            return NotificationGroup(summary.topic, summary.integration, summary.service, cause.category)
        return ReplayGroup(summary.action, summary.event, cause.category, cause.route, cause.target)

    @property
    def would_send(self) -> int:
        """The number of messages that would be sent."""
        return self.groups.total()

    @property
    def dead_letters(self) -> int:
        """The number of selected dead letters; copies count once."""
        return len({message.key for message in self.messages.values()})


def fill_plan(
    plan: ReplayPlan, scan: Scan, dead_letters: DeadLetterStore, selection: Selection, routes: Path | None
) -> None:
    """Add the selected dead letters to the plan, with the forecast by a routes file or the deployed one.

    Raise botocore's errors.
    """
    predict = predictor(dead_letters, routes, plan.forecast)
    for read in selection.scan(scan, dead_letters.reader, dead_letters.reader.read):
        if plan.add(read):
            failed_before = plan.forecast.would_fail
            predict(read)
            if plan.forecast.would_fail > failed_before:
                plan.failing.add(bytes.fromhex(read.summary.copy_key))
