"""A user's loans or requests: from the cache if it has all of them, else from Alma."""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from loan_cache.alma_lists import AlmaLists, AlmaPage
from loan_cache.cache_reader import CachedPage, CacheReader
from loan_cache.entry import Entry, Kind, is_key_of
from loan_cache.events import entry_of_answer, primary_id_of
from loan_cache.fill_requests import DELAY_AFTER_EVENT_SECONDS, FillRequest, FillRequests
from loan_cache.order import Wall, order_of_fill
from loan_cache.page_token import PageStart, Source
from processor.errors import Failure


class ListPage(NamedTuple):
    """Entries of a list, where they come from, and where the next page begins, None if there is none."""

    entries: list[Entry]
    source: Source
    next_start: PageStart | None = None


@dataclass(frozen=True)
class ListsOfUsers:
    """Reads lists. Tests replace `wall`.

    Raise UnknownUser, Permanent, Transient, Throttled; no reason has the user's id.
    """

    reader: CacheReader
    alma: AlmaLists
    fill_requests: FillRequests
    wall: Wall = time.time

    def page(self, user: str, kind: Kind, limit: int, start: PageStart | None = None) -> ListPage:
        """Return a page of at most `limit` entries. `user` is the key of the tables.

        A user who is not in the cache is queued for a fill, so that the cache has the next answer.
        """
        if start is None:
            if cached := self.reader.first_page(user, kind, limit):
                return _of_cache(cached)
            answer = self.alma.page(user, kind, 0, limit)
            found = self._of_alma(user, kind, answer)
            self._ask_for_fill(user, kind, answer)
            return found
        if start.source is Source.CACHE:
            return _of_cache(self.reader.next_page(user, kind, start.after_id, limit))
        return self._of_alma(user, kind, self.alma.page(user, kind, start.offset, limit), start.offset)

    def _ask_for_fill(self, user: str, kind: Kind, answer: AlmaPage) -> None:
        """Queue the user, unless a fill would store nothing.

        A user who is filled already has an incomplete entry, and only a fill after a while is newer than its event. If
        the user cannot be queued, the next answer comes from Alma too, so that is not a reason to fail.
        """
        with suppress(Failure):
            state = self.reader.users.find(user)
            if state.forgotten_at is None and self._is_primary(user, kind, answer):
                delay_seconds = 0 if state.filled_at is None else DELAY_AFTER_EVENT_SECONDS
                self.fill_requests.send(FillRequest(user), delay_seconds)

    def _is_primary(self, user: str, kind: Kind, answer: AlmaPage) -> bool:
        """Return whether the user was named by the primary identifier. An empty list does not say so."""
        primary_id = primary_id_of(kind, answer.items[0]) if answer.items else None
        return is_key_of(user, primary_id or self.alma.primary_id(user))

    def _of_alma(self, user: str, kind: Kind, answer: AlmaPage, offset: int = 0) -> ListPage:
        order = order_of_fill(int(self.wall() * 1000))
        entries = [entry_of_answer(kind, user, each, order) for each in answer.items]
        after = offset + len(answer.items)
        has_more = bool(answer.items) and after < answer.total
        return ListPage(entries, Source.ALMA, PageStart(Source.ALMA, offset=after) if has_more else None)


def _of_cache(page: CachedPage) -> ListPage:
    start = None if page.after_id is None else PageStart(Source.CACHE, page.after_id)
    return ListPage(page.entries, Source.CACHE, start)


def members_of(entry: Entry) -> dict[str, Any]:
    """Return an entry as clients get it: its id and content, by the names of Alma's API."""
    return {f"{entry.kind.value}_id": entry.id, **entry.content}
