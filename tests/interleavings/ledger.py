"""What has taken effect in AWS, by whom and when: the facts that the invariants judge."""

from dataclasses import dataclass, field
from typing import NamedTuple

from tests.interleavings.calls import Call


class Acted(NamedTuple):
    """An effect at a target: a message was published, or an execution with this `name` started."""

    key: str  # of the delivery
    target: str
    name: str
    message: str
    attempt: int
    fate: str
    at: float


class Arrived(NamedTuple):
    """A dead letter arrived: of a message on the webhook queue, by an attempt; SQS itself has the attempt 0."""

    message_id: str
    receipt_id: str
    attempt: int
    fate: str
    at: float


class Replayed(NamedTuple):
    """A replay sent an event; `replay` is that attribute of its message, in JSON."""

    receipt_id: str
    replay: str


@dataclass(eq=False)
class Ledger:
    """The effects in the order in which they happened.

    `completed` has when an attempt recorded a delivery as made, `ended` when an attempt ended, `broken` what must never
    happen, in sentences, and `unlocked` the same of attempts without the lock, which a fault excuses.
    """

    acted: list[Acted] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    replayed: list[Replayed] = field(default_factory=list)
    completed: dict[tuple[int, str], float] = field(default_factory=dict)
    ended: dict[int, float] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)  # the attempt that claimed a record, by the record's ID
    broken: list[str] = field(default_factory=list)
    unlocked: list[tuple[int, str]] = field(default_factory=list)

    def claims(self, record: str, call: Call, *, is_taken_over: bool) -> None:
        """Note that an attempt claims a record, perhaps in place of another attempt, which must have ended."""
        owner = self.owners.get(record)
        if is_taken_over and owner is not None and owner != call.attempt and owner not in self.ended:
            self.broken.append(f"attempt {call.attempt} took over the record of attempt {owner}, which goes on")
        self.owners[record] = call.attempt
