"""A fill of one user of a world into tables in memory."""

from typing import Any

from loan_cache.entry import Entry, Kind, State
from loan_cache.fill import Fill, FillResult

from tests.examples.loan_cache.alma_world import USER, AlmaWorld, WorldLists, loan, request
from tests.examples.loan_cache.memory_dynamodb import MemoryDynamoDb, memory_writer


class FillCase:
    """A fill of one user of a world into tables in memory."""

    def __init__(self, world: AlmaWorld, most: int = 10**6, kept: int = 0, key: str | None = "key") -> None:
        self.world = world
        self.alma = WorldLists(world, most=most, kept=kept, key=key)
        self.dynamodb = MemoryDynamoDb(page_items=40)
        self.writer = memory_writer(self.dynamodb, self.alma.wall)
        self.fill = Fill(self.alma.lists, self.writer, self.alma.wall)

    def run(self, user: str = USER) -> FillResult:
        return self.fill.run(user)

    def entries(self, kind: Kind = Kind.LOAN, state: State = State.ACTIVE) -> dict[str, Entry]:
        found = self.writer.tables[kind].entries(USER)
        return {entry.id: entry for entry in found if entry.state is state}

    @property
    def items(self) -> list[dict[tuple[str, str], Any]]:
        """Copies of what the tables of loans and requests have."""
        return [dict(self.dynamodb.tables[name]) for name in ("loans", "requests")]

    @property
    def filled_at(self) -> int | None:
        return self.writer.users.find(USER).filled_at


def world_of(loans: int, requests: int = 0) -> AlmaWorld:
    """Return a world in which the user has these numbers of loans and requests."""
    world = AlmaWorld()
    world.add(USER, [loan(each) for each in range(loans)], [request(each) for each in range(requests)])
    return world
