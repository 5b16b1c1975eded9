"""Writes entries of a user to the tables, unless the user is forgotten."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from loan_cache.entry import Entry, Kind
from loan_cache.tables import EntryTable, Written
from loan_cache.users import UserTable


@dataclass(frozen=True)
class Writer:
    """The only way by which events and fills reach the tables."""

    users: UserTable
    tables: Mapping[Kind, EntryTable]

    def write(self, user: str, entries: Iterable[Entry]) -> list[Written] | None:
        """Store entries of one user; return what the tables took, or None if the user is forgotten.

        The marker is read again afterwards, because `forget` may have put it there and have deleted the items between
        the two. Then the items are deleted here. Raise Permanent (refused), Transient.
        """
        if self.is_forgotten(user):
            return None
        written = [self.tables[entry.kind].put(entry) for entry in entries]
        if not self.is_forgotten(user):
            return written
        self.delete(user)
        return None

    def is_forgotten(self, user: str) -> bool:
        """Return whether nothing of the user may be stored. Raise Permanent (refused), Transient."""
        return self.users.find(user).forgotten_at is not None

    def delete(self, user: str) -> int:
        """Delete all loans and requests of a user, and return how many. Raise Permanent (refused), Transient."""
        return sum(table.delete_user(user) for table in self.tables.values())
