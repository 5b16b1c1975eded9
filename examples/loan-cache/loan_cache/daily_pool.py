"""Counts the requests to Alma's API that fills make in a day, over all workers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from notifications.errors import Throttled
from notifications.sender_table import ItemUpdate, SenderTable

_PREFIX: Final = "day"


class DailyPool:
    """The requests of today (UTC): at most `most` of them. The rest waits until tomorrow.

    Alma allows an institution a number of requests until midnight, for all of its programs together ("Alma APIs",
    Ex Libris Developer Network). Raise DeliveryUncertain, which is transient, if the table does not answer.
    """

    def __init__(self, table: SenderTable, most: int, wall: Callable[[], float]) -> None:
        self._table = table
        self._most = most
        self._wall = wall

    def take(self) -> None:
        """Count one request before it is made. Raise Throttled until tomorrow if there is none left."""
        now = datetime.fromtimestamp(self._wall(), UTC)
        counted = ItemUpdate(
            f"{_PREFIX}#{now.date()}",
            "SET requests_made = if_not_exists(requests_made, :none) + :one",
            {":none": 0, ":one": 1, ":most": self._most},
            "attribute_not_exists(requests_made) OR requests_made < :most",
        )
        if not self._table.update(counted).holds:
            tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            reason = f"the {self._most} requests of today to Alma's API are used up"
            raise Throttled(reason, (tomorrow - now).total_seconds())
