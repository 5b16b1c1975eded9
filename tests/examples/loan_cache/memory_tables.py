"""The tables in memory, for properties with many histories; `test_fill.py` also runs on DynamoDB by moto."""

from typing import Any

from loan_cache.entry import Entry, Kind
from loan_cache.expiry import FILLED_DAYS, expires_at
from loan_cache.order import Wall
from loan_cache.tables import EntryPage, EntryTable, Written
from loan_cache.users import UserState, UserTable
from loan_cache.writer import Writer

_NO_CLIENT: Any = None


class MemoryEntries(EntryTable):
    """Entries by user and id. `page_items` is how many items a call reads."""

    def __init__(self, kind: Kind, wall: Wall, page_items: int) -> None:
        super().__init__(_NO_CLIENT, "memory", kind, wall)
        self.items: dict[tuple[str, str], Entry] = {}
        self._now = wall
        self._page_items = page_items

    def put(self, entry: Entry) -> Written:
        now = self.items.get((entry.user, entry.id))
        if now is not None and not self._is_expired(now) and now.order >= entry.order:
            return Written(is_newest=False)
        self.items[entry.user, entry.id] = entry
        return Written(is_newest=True)

    def page(self, user: str, *, after_id: str | None = None, limit: int | None = None) -> EntryPage:
        ids = sorted(each for owner, each in self.items if owner == user and (after_id is None or each > after_id))
        read = ids[: min(limit or self._page_items, self._page_items)]
        entries = [self.items[user, each] for each in read]
        is_end = len(read) == len(ids)
        return EntryPage([each for each in entries if not self._is_expired(each)], None if is_end else read[-1])

    def delete_user(self, user: str) -> int:
        gone = [key for key in self.items if key[0] == user]
        for key in gone:
            del self.items[key]
        return len(gone)

    def _is_expired(self, entry: Entry) -> bool:
        return expires_at(entry.order.time_ms) <= self._now()


class MemoryUsers(UserTable):
    """Users and their states."""

    def __init__(self, wall: Wall) -> None:
        super().__init__(_NO_CLIENT, "memory", wall)
        self.states: dict[str, UserState] = {}
        self._now = wall

    def find(self, user: str) -> UserState:
        state = self.states.get(user, UserState())
        is_expired = state.filled_at is not None and expires_at(state.filled_at, FILLED_DAYS) <= self._now()
        return UserState() if is_expired else state

    def mark_filled(self, user: str, started_ms: int) -> bool:
        if self.find(user).forgotten_at is not None:
            return False
        self.states[user] = UserState(filled_at=started_ms)
        return True

    def mark_forgotten(self, user: str) -> int:
        self.states[user] = UserState(forgotten_at=round(self._now() * 1000))
        return expires_at(round(self._now() * 1000))


def memory_writer(wall: Wall, page_items: int = 50) -> Writer:
    """Return the writer of empty tables."""
    return Writer(MemoryUsers(wall), {kind: MemoryEntries(kind, wall, page_items) for kind in Kind})
