"""Fills a user's loans and requests from Alma's API, in the same order of things as events.

Everything that a fill finds is as old as its first request, so every later event wins, whichever of the two is written
first. Nothing is written before all pages came; then what Alma does not list any more is removed, if it is older.
"""

import time
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from loan_cache.alma_lists import AlmaLists, UnknownUser
from loan_cache.cache_reader import CacheReader
from loan_cache.entry import Entry, Kind, State, is_key_of
from loan_cache.events import entry_of_answer, removed
from loan_cache.order import OrderValue, Wall, order_of_fill
from loan_cache.writer import Writer
from processor.errors import Transient

# More than any person has, and as many as a function reads and writes within its time; see cache.yaml.
MOST_ENTRIES: Final = 20_000


class FillOutcome(Enum):
    """The result of a fill."""

    FILLED = "filled"
    UNKNOWN_USER = "unknown-user"  # Alma does not have the user: what the cache had is removed
    OTHER_ID = "other-id"  # not a primary identifier, such as a barcode: events never use it, so nothing is stored
    FORGOTTEN = "forgotten"
    TOO_MANY = "too-many"  # more than the cache takes; Alma answers for the user, as for one who was never filled


class _TooMany(Exception):  # noqa: N818 - an outcome
    """The user has more than the cache takes."""


class FillResult(NamedTuple):
    """The outcome, and how many loans and requests Alma listed, were newer in the cache, and were removed from it."""

    outcome: FillOutcome
    listed: int = 0
    superseded: int = 0
    removed: int = 0


@dataclass(frozen=True)
class Fill:
    """Fills one user at a time. Tests replace `wall`."""

    lists: AlmaLists
    writer: Writer
    wall: Wall = time.time

    @property
    def reader(self) -> CacheReader:
        """What reads the tables that are filled."""
        return CacheReader.of(self.writer)

    def run(self, user: str) -> FillResult:
        """Fill a user by the key of the tables. A run that ended in the middle can be repeated.

        Raise Permanent (refused, no-target), Transient, Throttled; no reason has the user's id.
        """
        if self.writer.delete_if_forgotten(user):
            return FillResult(FillOutcome.FORGOTTEN)
        started_ms = int(self.wall() * 1000)
        order = order_of_fill(started_ms)
        try:
            if not is_key_of(user, self.lists.primary_id(user)):
                return self._unfilled(user, FillOutcome.OTHER_ID)
            listed = [entry for kind in Kind for entry in self._listed(user, kind, order)]
        except _TooMany:
            return self._unfilled(user, FillOutcome.TOO_MANY)
        except UnknownUser:
            self._unfilled(user, FillOutcome.UNKNOWN_USER)
            return self._write(user, [], order, FillOutcome.UNKNOWN_USER)
        result = self._write(user, listed, order, FillOutcome.FILLED)
        if result.outcome is FillOutcome.FILLED and not self.writer.users.mark_filled(user, started_ms):
            self.writer.delete(user)
            return FillResult(FillOutcome.FORGOTTEN)
        return result

    def _unfilled(self, user: str, outcome: FillOutcome) -> FillResult:
        """Let readers ask Alma, also if an earlier fill of the user succeeded."""
        self.writer.users.unmark_filled(user)
        return FillResult(outcome)

    def _listed(self, user: str, kind: Kind, order: OrderValue) -> list[Entry]:
        """Return the whole list. Raise Transient if it changed in a way that could have hidden an entry.

        Each page repeats the last entry of the page before it: an entry that has left the list meanwhile moves the
        others, and the next page would begin too late.
        """
        entries: list[Entry] = []
        while True:
            page = self.lists.page(user, kind, max(0, len(entries) - 1))
            if page.total > MOST_ENTRIES:
                raise _TooMany
            found = [entry_of_answer(kind, user, each, order) for each in page.items]
            if entries and (not found or found[0].id != entries[-1].id):
                raise Transient("transient", "the list changed while it was read")
            new = found[1:] if entries else found
            entries += new
            if len(entries) >= page.total:
                return entries
            if not new:
                raise Transient("transient", "the list is shorter than its own count")

    def _write(self, user: str, listed: list[Entry], order: OrderValue, outcome: FillOutcome) -> FillResult:
        written = self.writer.write(user, listed)
        if written is None:
            return FillResult(FillOutcome.FORGOTTEN)
        names = {(entry.kind, entry.id) for entry in listed}
        gone = [removed(each, order) for each in self._older(user, order) if (each.kind, each.id) not in names]
        taken = self.writer.write(user, gone)
        if taken is None:
            return FillResult(FillOutcome.FORGOTTEN)
        return FillResult(
            outcome,
            listed=len(listed),
            superseded=sum(not each.is_newest for each in written),
            removed=sum(each.is_newest for each in taken),
        )

    def _older(self, user: str, order: OrderValue) -> list[Entry]:
        """Return what the cache shows or has incomplete from before the fill."""
        entries = (entry for kind in Kind for entry in self.writer.tables[kind].entries(user))
        return [entry for entry in entries if entry.state is not State.REMOVED and entry.order < order]
