"""Reads a user's loans and requests from the tables, if they are everything that Alma has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Self

from loan_cache.entry import Entry, Kind, State
from loan_cache.tables import EntryTable
from loan_cache.users import UserTable
from loan_cache.writer import Writer


class CachedPage(NamedTuple):
    """Active entries of a user, and the id after which the next page begins, None if there is none."""

    entries: list[Entry]
    after_id: str | None = None


@dataclass(frozen=True)
class CacheReader:
    """The tables, for those who read. Raise Permanent (refused), Transient."""

    users: UserTable
    tables: Mapping[Kind, EntryTable]

    @classmethod
    def of(cls, writer: Writer) -> Self:
        """Return the reader of the tables that a writer writes to."""
        return cls(writer.users, writer.tables)

    def filled_at(self, user: str) -> int | None:
        """Return when the last fill started, in milliseconds since 1970; None if the user is not filled."""
        return self.users.find(user).filled_at

    def is_complete(self, user: str, kind: Kind) -> bool:
        """Return whether nothing is missing from the entries of a filled user."""
        return all(entry.state is not State.INCOMPLETE for entry in self.tables[kind].entries(user))

    def first_page(self, user: str, kind: Kind, limit: int) -> CachedPage | None:
        """Return at most `limit` entries, or None if the cache does not have all of them.

        It reads all entries of the user, because the last one may be incomplete.
        """
        if self.filled_at(user) is None:
            return None
        entries = [entry for entry in self.tables[kind].entries(user) if entry.state is not State.REMOVED]
        if any(entry.state is State.INCOMPLETE for entry in entries):
            return None
        return _page(entries, limit)

    def next_page(self, user: str, kind: Kind, after_id: str, limit: int) -> CachedPage:
        """Return at most `limit` entries after an id. What has become incomplete since the first page is left out."""
        entries = self.tables[kind].entries(user, after_id, limit + 1)
        return _page((entry for entry in entries if entry.state is State.ACTIVE), limit)


def _page(entries: Iterable[Entry], limit: int) -> CachedPage:
    found = list(islice(entries, limit + 1))
    return CachedPage(found[:limit], found[limit - 1].id if len(found) > limit else None)
