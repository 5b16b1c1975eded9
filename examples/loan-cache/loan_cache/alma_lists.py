"""Reads a user's loans and requests from Alma's API, page by page.

"Retrieve user loans" (GET /almaws/v1/users/{user_id}/loans) and "Retrieve user requests" (GET
/almaws/v1/users/{user_id}/requests), Alma REST API, Ex Libris Developer Network.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from loan_cache.entry import Kind
from notifications.alma_api import AlmaAnswer, AlmaApi
from notifications.errors import Permanent

# The same pages: "Valid values are 0-100".
PAGE_ITEMS: Final = 100

# Alma allows 25 requests a second ("Alma APIs"). Fills make 10 at most, and the read API 5 beside them; 10 are left for
# the other programs of the institution, such as notifications.
FILL_SECONDS_BETWEEN: Final = 0.1
READ_SECONDS_BETWEEN: Final = 0.2

# Alma says how many requests the institution has left until midnight. While they are few, nothing is filled; the length
# of a pause is ours, because Alma does not say when its midnight is.
PAUSE_SECONDS: Final = 3600.0

_LISTS: Final = {Kind.LOAN: ("loans", "item_loan"), Kind.REQUEST: ("requests", "user_request")}


class UnknownUser(Permanent):
    """Alma does not have the user."""

    def __init__(self) -> None:
        super().__init__("refused", "Alma does not have the user")


class AlmaPage(NamedTuple):
    """A part of a list, and the length of the whole list at that moment."""

    items: list[Mapping[str, Any]]
    total: int

    def __repr__(self) -> str:
        """Return the numbers only, because logs must not show what patrons do."""
        return f"AlmaPage({len(self.items)} of {self.total})"


class AlmaLists:
    """The lists of users. While Alma has fewer requests left for the day than `kept`, none is made.

    Raise UnknownUser, Permanent (refused, no-target), Transient, Throttled; no reason has the user's id.
    """

    def __init__(self, alma: AlmaApi, kept: int = 0) -> None:
        self._alma = alma
        self._kept = kept

    def page(self, user: str, kind: Kind, offset: int, limit: int = PAGE_ITEMS) -> AlmaPage:
        """Return the active loans or requests from this offset on."""
        path, member = _LISTS[kind]
        answer = self._asked(user, f"/{path}?limit={limit}&offset={offset}")
        total = answer.members.get("total_record_count")
        items = answer.members.get(member) or []  # an empty list is left out
        if not isinstance(total, int) or isinstance(total, bool) or total < 0:  # in Python, true is a number
            raise self._alma.malformed()
        if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
            raise self._alma.malformed()
        return AlmaPage(items, total)

    def primary_id(self, user: str) -> str:
        """Return the primary identifier of a user, who may have been named by another one, such as a barcode."""
        primary_id = self._asked(user, "").members.get("primary_id")
        if not isinstance(primary_id, str):
            raise self._alma.malformed()
        return primary_id

    def _asked(self, user: str, below: str) -> AlmaAnswer:
        if reason := self._alma.why_unavailable():
            raise Permanent("no-target", reason)
        if (answer := self._alma.user(user, below)) is None:
            raise UnknownUser
        if answer.requests_left is not None and answer.requests_left < self._kept:
            self._alma.pause(PAUSE_SECONDS)
        return answer
