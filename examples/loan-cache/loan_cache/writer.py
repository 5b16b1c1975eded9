"""Writes entries of a user to the tables, unless the user is forgotten."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from loan_cache.entry import Entry, Kind
from loan_cache.order import Wall
from loan_cache.settings import TableNames
from loan_cache.tables import EntryTable, Written
from loan_cache.users import UserTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Writer:
    """The only way by which events and fills reach the tables of loans and requests."""

    users: UserTable
    tables: Mapping[Kind, EntryTable]

    @classmethod
    def of(cls, dynamodb: "DynamoDBClient", names: TableNames, wall: Wall = time.time) -> Self:
        """Return the writer of three tables. Tests replace `wall`."""
        tables = {
            Kind.LOAN: EntryTable(dynamodb, names.loans, Kind.LOAN, wall),
            Kind.REQUEST: EntryTable(dynamodb, names.requests, Kind.REQUEST, wall),
        }
        return cls(UserTable(dynamodb, names.users, wall), tables)

    def write(self, user: str, entries: Iterable[Entry]) -> list[Written] | None:
        """Store entries of one user; return what the tables took, or None if the user is forgotten.

        The marker is read again afterwards: `forget` may have put it there and deleted the items in between. Raise
        Permanent (refused), Transient.
        """
        if self.delete_if_forgotten(user):
            return None
        written = [self.tables[entry.kind].put(entry) for entry in entries]
        return None if self.delete_if_forgotten(user) else written

    def delete_if_forgotten(self, user: str) -> bool:
        """Return whether the user is forgotten, and if so, delete all loans and requests.

        They can have items although nothing is stored after the marker: an attempt that wrote while `forget` ran may
        have ended before it read the marker again. Raise Permanent (refused), Transient.
        """
        if self.users.find(user).forgotten_at is None:
            return False
        self.delete(user)
        return True

    def delete(self, user: str) -> int:
        """Delete all loans and requests of a user, and return how many. Raise Permanent (refused), Transient."""
        return sum(table.delete_user(user) for table in self.tables.values())
