"""What a person asks a plan for, and what they confirm it with."""

from enum import StrEnum
from typing import NamedTuple

from scripts.dead_letters.filters import Filters
from scripts.dead_letters.queue_name import QueueName


class Action(StrEnum):
    """What a plan does with dead letters."""

    replay = "replay"
    export = "export"
    discard = "discard"

    @property
    def done(self) -> str:
        """The past participle."""
        return {"replay": "replayed", "export": "exported", "discard": "discarded"}[self]


class PlanRequest(NamedTuple):
    """An action on the dead letters of a queue that match the filters.

    With `keys` (`copy_key` as bytes) only on those with these digests: the ones that a person chose. `expected` is the
    number of dead letters that the person saw, None if none was shown. `origin` is the path of the page with the list.
    """

    action: Action
    filters: Filters
    queue: QueueName = QueueName.webhooks
    keys: frozenset[bytes] | None = None
    expected: int | None = None
    origin: str = "/dead-letters"


class Confirmation(NamedTuple):
    """The options of a replay as they were typed, and the typed number of a discard.

    With `is_without_failing` a replay leaves out those that would fail again.
    """

    rate: str = "auto"
    redeliver: bool = False
    ignore_replay_limit: bool = False
    is_without_failing: bool = False
    typed: int | None = None
