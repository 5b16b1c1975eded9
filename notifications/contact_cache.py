"""Keeps contacts in memory for a while: a bounded number, and none for longer than its lifetime."""

from collections.abc import Callable
from typing import Final, NamedTuple

from notifications.contacts import Contact

LIFETIME_SECONDS: Final = 600.0
# Of a person of whom a source knows nothing: a contact that is entered should be used soon.
LIFETIME_OF_NOTHING_SECONDS: Final = 60.0
MOST_CONTACTS: Final = 1000


class CachedContact(NamedTuple):
    """A contact, and the time in seconds since 1970 from which it is not used any more."""

    contact: Contact
    expires_at: float


class ContactCache:
    """Contacts by source and person. The time is that of the wall clock, because Lambda freezes functions."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._cached: dict[tuple[str, str], CachedContact] = {}

    def get(self, source: str, person: str) -> Contact | None:
        """Return the contact, or None if it is not known or has expired."""
        cached = self._cached.get((source, person))
        return cached.contact if cached and self._wall() < cached.expires_at else None

    def put(self, source: str, person: str, contact: Contact) -> None:
        """Keep a contact. Those that have expired are dropped, and the oldest one if there are too many."""
        now = self._wall()
        lifetime = LIFETIME_SECONDS if contact.texts else LIFETIME_OF_NOTHING_SECONDS
        self._cached = {key: each for key, each in self._cached.items() if now < each.expires_at}
        self._cached.pop((source, person), None)
        self._cached[source, person] = CachedContact(contact, now + lifetime)
        if len(self._cached) > MOST_CONTACTS:
            del self._cached[next(iter(self._cached))]
