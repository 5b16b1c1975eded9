"""Looks up how people can be reached: in the contacts table, then in Alma."""

from collections.abc import Callable, Sequence

from notifications.contact_cache import ContactCache
from notifications.contacts import Contact, ContactSource, usable
from notifications.errors import Permanent
from notifications.person import ContactKind, Person
from notifications.prepared import Prepared


class People:
    """The people of a stage, by sources in their order. `wall` is the time in seconds since 1970."""

    def __init__(self, sources: Sequence[ContactSource], wall: Callable[[], float]) -> None:
        self._sources = sources
        self._cache = ContactCache(wall)

    def addressed(self, ready: Prepared) -> Prepared:
        """Return a notification with the contact in place of its person, if it has one.

        Raise Permanent (no-contact) if no source has a contact that can be used; Permanent, Transient, Throttled if a
        source fails. No reason has the id or a contact.
        """
        person, kind = ready.configuration.person, ready.integration.contact
        if person is None or kind is None:
            return ready
        return ready._replace(configuration=ready.configuration.addressed_to(self._contact(person, kind)))

    def _contact(self, person: Person, kind: ContactKind) -> str:
        if not person.user:
            raise Permanent("no-contact", "the id of the person is empty")
        reasons = []
        for source in self._sources:
            if kind not in source.kinds:
                continue
            found = self._found(source, person)
            text = found.texts.get(kind, "")
            if contact := usable(kind, text):
                return contact
            reasons.append(f"that of {source.name} is not valid" if text else found.note or f"{source.name} has none")
        raise Permanent("no-contact", f"there is no {kind.value} for the person: {'; '.join(reasons)}")

    def _found(self, source: ContactSource, person: Person) -> Contact:
        found = self._cache.get(source.name, person.key)
        if found is None:
            found = source.find(person)
            self._cache.put(source.name, person.key, found)
        return found
