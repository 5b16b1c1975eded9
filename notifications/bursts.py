"""Counts the notifications of one topic to one destination in each minute of the clock.

The first ones of a minute are sent, and the rest is counted for its summary. A notification is counted by the same
transaction that records it as summarized, and a count is closed before it is read. So each notification is either sent
or counted in one summary, whichever step a worker dies at.
"""

from collections.abc import Callable
from typing import NamedTuple

from notifications.notification import Notification
from notifications.sender_table import ItemUpdate, SenderTable, digest
from notifications.sending_records import RecordState, SendingRecord, SendingRecords, another_attempt

_PREFIX = "burst"
_MINUTE_SECONDS = 60

# Transactions on one item conflict with each other ("TransactWriteItems", Amazon DynamoDB API Reference), so a count is
# the sum of several items.
_COUNT_ITEMS = 8


class Burst(NamedTuple):
    """One integration of a topic, its destination, and a minute.

    `id` is the identity of its summary, `due` the end of the minute in seconds since 1970.
    """

    id: str
    due: int


class Admission(NamedTuple):
    """Whether a notification is sent by itself; if not, whether the carrier of its summary has been queued."""

    is_admitted: bool
    has_carrier: bool = False


class Bursts:
    """The bursts of a stack. `most` notifications of a minute are sent by themselves."""

    def __init__(self, table: SenderTable, records: SendingRecords, wall: Callable[[], float], most: int) -> None:
        self._table = table
        self._records = records
        self._wall = wall
        self._most = most

    def current(self, notification: Notification, destination: str) -> Burst:
        """Return the burst to which a notification belongs now.

        The name of the integration is part of it, as it is of the delivery key: otherwise two integrations with one
        destination could queue two carriers, which would both be sent.
        """
        minute = int(self._wall()) // _MINUTE_SECONDS
        burst_id = digest(notification.topic, notification.name, destination, str(minute))
        return Burst(burst_id, (minute + 1) * _MINUTE_SECONDS)

    def admit(self, burst: Burst) -> Admission:
        """Take one of the `most` places of the minute, if there is one left. Raise DeliveryUncertain."""
        change = "SET taken = if_not_exists(taken, :none) + :one"
        has_place = "attribute_not_exists(taken) OR taken < :most"
        values = {":none": 0, ":one": 1, ":most": self._most}
        updated = self._table.update(ItemUpdate(f"{_PREFIX}#{burst.id}", change, values, has_place))
        return Admission(updated.holds, has_carrier="has_carrier" in updated.attributes)

    def carrier_queued(self, burst: Burst) -> None:
        """Remember that the carrier of the summary is on the queue. Raise DeliveryUncertain."""
        self._table.update(ItemUpdate(f"{_PREFIX}#{burst.id}", "SET has_carrier = :yes", {":yes": 1}))

    def count(self, burst: Burst, seen: SendingRecord) -> bool:
        """Count a notification for the summary, once, and record it as summarized. Queue the carrier before.

        Return False if the count was closed: the notification is then to be sent by itself. Raise InProgress,
        DeliveryUncertain.
        """
        item = int(seen.id[-2:], 16) % _COUNT_ITEMS
        change = "SET summarized = if_not_exists(summarized, :none) + :one"
        one_more = ItemUpdate(
            _count_id(burst.id, item), change, {":none": 0, ":one": 1}, "attribute_not_exists(is_closed)"
        )
        record = self._records.next(seen, RecordState.SUMMARIZED)
        is_open, is_unchanged = self._table.update_and_put(one_more, self._records.replacing(seen, record))
        if not is_unchanged:
            raise another_attempt()
        return is_open

    def close(self, identity: str) -> int:
        """Close the count of a burst, and return it: the same each time. Raise DeliveryUncertain."""
        change = "SET is_closed = :yes, summarized = if_not_exists(summarized, :none)"
        updates = [
            ItemUpdate(_count_id(identity, item), change, {":yes": 1, ":none": 0}) for item in range(_COUNT_ITEMS)
        ]
        return sum(int(self._table.update(update).attributes["summarized"]) for update in updates)


def _count_id(identity: str, item: int) -> str:
    return f"{_PREFIX}#{identity}#{item}"
