"""Paces the notifications to a destination over all workers: each gets the next free slot.

The slots of a destination are one item: the time from which the next one is free. They are as far apart as the
integration says, as exactly as the clocks of the workers agree.
"""

from collections.abc import Callable

from notifications.sender_table import ItemUpdate, SenderTable, digest
from processor.errors import Transient

_PREFIX = "destination"

# One worker takes a destination that was idle, and the others line up behind it at their next attempt.
_MOST_ATTEMPTS = 4

# How far a slot is ahead at least, because the record of the notification is written before it is sent.
AHEAD_SECONDS = 0.25


class Pacing:
    """The slots of a stack's destinations, at least `ahead_seconds` ahead. Times are in seconds since 1970."""

    def __init__(self, table: SenderTable, wall: Callable[[], float], *, ahead_seconds: float = AHEAD_SECONDS) -> None:
        self._table = table
        self._wall = wall
        self._ahead_seconds = ahead_seconds

    def reserve(self, destination: str, seconds_between: float) -> float:
        """Reserve the next free slot, and return its time. Raise Transient."""
        item_id, apart = _item_id(destination), round(seconds_between * 1000)
        for _ in range(_MOST_ATTEMPTS):
            soon = self._soon()
            in_line = ItemUpdate(
                item_id, "SET free_at = free_at + :apart", {":apart": apart, ":soon": soon}, "free_at >= :soon"
            )
            if (updated := self._table.update(in_line)).holds:
                return (int(updated.attributes["free_at"]) - apart) / 1000
            is_idle = "attribute_not_exists(free_at) OR free_at < :soon"
            values = {":next": soon + apart, ":soon": soon}
            if self._table.update(ItemUpdate(item_id, "SET free_at = :next", values, is_idle)).holds:
                return soon / 1000
        raise Transient("transient", "many notifications to one destination were sent at the same moment")

    def free_at(self, destination: str) -> float:
        """Return the time from which the next slot is free; it can be over. Raise Transient."""
        return int(self._table.get(_item_id(destination)).get("free_at", "0")) / 1000

    def is_valid(self, destination: str, slot: float) -> bool:
        """Return whether a slot that was reserved earlier, if any, can still be used. Raise Transient."""
        if round(slot * 1000) < self._soon():
            return False
        return round(slot * 1000) >= int(self._table.get(_item_id(destination)).get("paused_until", "0"))

    def pause(self, destination: str, seconds: float) -> None:
        """Leave the slots of these seconds unused: the service accepts no more for now. Raise Transient."""
        until = round((self._wall() + seconds) * 1000)
        later = "attribute_not_exists(free_at) OR free_at < :until"
        change = "SET paused_until = :until, free_at = :until"
        if not self._table.update(ItemUpdate(_item_id(destination), change, {":until": until}, later)).holds:
            self._table.update(ItemUpdate(_item_id(destination), "SET paused_until = :until", {":until": until}))

    def _soon(self) -> int:
        return round((self._wall() + self._ahead_seconds) * 1000)


def _item_id(destination: str) -> str:
    return f"{_PREFIX}#{digest(destination)}"
