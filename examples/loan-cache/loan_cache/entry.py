"""One loan or one request of a patron, as the cache keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from loan_cache.order import OrderValue

Content = Mapping[str, str | bool | int]

LONGEST_ID: Final = 255  # far more than an identifier of Alma has; a key of DynamoDB has room for 1,024 bytes


class Kind(Enum):
    """Loans and requests have a table each."""

    LOAN = "loan"
    REQUEST = "request"


class State(Enum):
    """What the cache knows of an entry."""

    ACTIVE = "active"
    INCOMPLETE = "incomplete"  # something is missing: it is not shown, and Alma is asked
    REMOVED = "removed"  # returned, canceled, closed: a tombstone, so that late events do not bring it back


@dataclass(frozen=True)
class Entry:
    """A loan or request: whose (`user` as of `user_key`), which (`id` of Alma), as of when, and its content.

    Content: texts, flags and numbers by the names of Alma's API, without those that Alma leaves empty. Only an active
    entry has one.
    """

    kind: Kind
    user: str
    id: str
    order: OrderValue
    state: State
    content: Content = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return the kind and state only, because logs must not show what patrons do."""
        return f"Entry({self.kind.value}, {self.state.value}, …)"


def user_key(text: str) -> str:
    """Return a primary identifier as tables have it: in lower case, because Alma does not distinguish the case.

    Raise ValueError, which does not quote it.
    """
    user = text.strip().lower()
    if not user or len(user) > LONGEST_ID or not user.isprintable():
        raise ValueError(f"the id of a user has 1 to {LONGEST_ID} characters, all of them printable")
    return user


def is_key_of(user: str, primary_id: object) -> bool:
    """Return whether `user` is the key of this primary identifier of Alma, and not of another identifier."""
    try:
        return isinstance(primary_id, str) and user_key(primary_id) == user
    except ValueError:
        return False
