"""Records of notifications: which were sent, and which may have been.

Powertools' Idempotency is not used here: it replaces a record in progress that has expired as if there were none, so
the sender would not learn that an earlier attempt may have sent the notification.
"""

import os
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple

from notifications.sender_table import ItemPut, SenderTable, digest
from processor.errors import InProgress

_PREFIX = "notification"

_ABSENT = "attribute_not_exists(id)"
_UNCHANGED = "write_id = :seen"
_REPEATED = "write_id = :mine"  # an earlier write of the same request, whose answer was lost


class RecordState(Enum):
    """How far a notification is."""

    NEW = "new"  # has no record
    WAITING = "waiting"  # was not accepted; it will be sent by itself, not in a summary
    STARTED = "started"  # is being sent; after `until` nobody knows whether it was accepted
    ACCEPTED = "accepted"
    SUMMARIZED = "summarized"  # counted in a summary instead of being sent
    FELL_BACK = "fell-back"  # its fallback was queued instead


class SendingRecord(NamedTuple):
    """The record of a notification as it was last seen. Times are in seconds since 1970.

    Every write has its own `write_id`. `slot` is the time that is reserved at the destination, or 0.
    """

    id: str
    state: RecordState = RecordState.NEW
    write_id: str = ""
    slot: float = 0.0
    until: float = 0.0

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to send."""
        return self.state in {RecordState.ACCEPTED, RecordState.SUMMARIZED, RecordState.FELL_BACK}


def record_id_of(delivery_key: str) -> str:
    """Return the id of the item for a delivery key."""
    return f"{_PREFIX}#{digest(delivery_key)}"


def record_of(record_id: str, item: Mapping[str, str], now: float) -> SendingRecord:
    """Return the record of an item's attributes, of which there are none for a new one. An expired one is new too."""
    if not item:
        return SendingRecord(record_id)
    if int(item["expiration"]) < now:
        return SendingRecord(record_id, write_id=item["write_id"])
    slot, until = int(item["slot"]) / 1000, int(item["until"]) / 1000
    return SendingRecord(record_id, RecordState(item["state"]), item["write_id"], slot, until)


class SendingRecords:
    """The records of a stack, shared by all workers. A write fails if another worker has written since."""

    def __init__(
        self,
        table: SenderTable,
        wall: Callable[[], float],
        new_write_id: Callable[[], str] = lambda: os.urandom(16).hex(),
    ) -> None:
        self._table = table
        self._wall = wall
        self._new_write_id = new_write_id

    def find(self, delivery_key: str) -> SendingRecord:
        """Return the record of a delivery key; one that has expired counts as new. Raise DeliveryUncertain."""
        record_id = record_id_of(delivery_key)
        return record_of(record_id, self._table.get(record_id), self._wall())

    def write(self, seen: SendingRecord, state: RecordState, *, slot: float = 0.0, until: float = 0.0) -> SendingRecord:
        """Replace the record that was seen, and return the new one. Raise InProgress, DeliveryUncertain."""
        record = self.next(seen, state, slot=slot, until=until)
        self.replace(seen, record)
        return record

    def replace(self, seen: SendingRecord, record: SendingRecord) -> None:
        """Replace the record that was seen; again, if the answer was lost. Raise InProgress, DeliveryUncertain."""
        if not self._table.put(self.replacing(seen, record)):
            raise another_attempt()

    def next(self, seen: SendingRecord, state: RecordState, *, slot: float = 0.0, until: float = 0.0) -> SendingRecord:
        """Return the record that is to replace the one that was seen."""
        return SendingRecord(seen.id, state, self._new_write_id(), slot, until)

    def replacing(self, seen: SendingRecord, record: SendingRecord) -> ItemPut:
        """Return the write that replaces the record that was seen."""
        return ItemPut(
            record.id,
            {
                "state": record.state.value,
                "write_id": record.write_id,
                "slot": round(record.slot * 1000),
                "until": round(record.until * 1000),
            },
            f"{_UNCHANGED if seen.write_id else _ABSENT} OR {_REPEATED}",
            {":mine": record.write_id} | ({":seen": seen.write_id} if seen.write_id else {}),
        )


def another_attempt() -> InProgress:
    """Return the failure of a worker that came second."""
    return InProgress("transient", "another attempt at this notification is in progress")
