"""Select exactly the dead letters that a person chose, or exactly the messages of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.reader import ReadDeadLetter, Reader, ReadMethod

MOST_NEW_IDS: Final = 20
"""How many IDs of new dead letters a selection keeps."""


class PlannedMessage(NamedTuple):
    """A message of a plan: the ID of its dead letter for operators, and the digest (`copy_key`) that copies share."""

    id: str
    key: bytes


@dataclass
class ChosenSelection(Selection):
    """The dead letters with these digests (`copy_key`) that match the filters, their copies included."""

    keys: frozenset[bytes]

    def select(self, dead_letter: DeadLetter, reader: Reader, read: ReadMethod) -> ReadDeadLetter | None:
        """Return the dead letter, read with `read`, if it was chosen and matches; else None."""
        is_chosen = bytes.fromhex(dead_letter.copy_key) in self.keys
        return super().select(dead_letter, reader, read) if is_chosen else None


@dataclass
class PlannedSelection(Selection):
    """The messages of a plan, by message ID, and what has changed since the plan. The filters select nothing.

    A message that is not in the plan is never selected. If it matches the filters it is `new`: `new` counts such
    messages, and `new_ids` has the IDs of some. Of the plan, `without` has the digests of dead letters to leave out.
    """

    only: Mapping[str, PlannedMessage]
    without: frozenset[bytes] = frozenset()
    new: int = field(default=0, init=False)
    new_ids: list[str] = field(default_factory=list, init=False)
    _present: set[bytes] = field(default_factory=set, init=False)

    def select(self, dead_letter: DeadLetter, reader: Reader, read: ReadMethod) -> ReadDeadLetter | None:
        """Return the dead letter, read with `read`, if it is in the plan; else None."""
        planned = self.only.get(dead_letter.message_id)
        if planned and planned.key == bytes.fromhex(dead_letter.copy_key):
            self._present.add(planned.key)
            return None if planned.key in self.without else read(dead_letter)
        if super().select(dead_letter, reader, reader.glance):
            self._add_new(dead_letter.id)
        return None

    @property
    def gone(self) -> list[str]:
        """The IDs of planned dead letters of which no message was found. Valid after a whole scan."""
        left = {planned.key: planned.id for planned in self.only.values() if planned.key not in self._present}
        return list(left.values())

    def _add_new(self, id_: str) -> None:
        self.new += 1
        if len(self.new_ids) < MOST_NEW_IDS:
            self.new_ids.append(id_)
