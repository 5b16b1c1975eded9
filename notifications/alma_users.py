"""Reads contacts of people from Alma: "Retrieve user details" (GET /almaws/v1/users/{user_id}), Alma REST API."""

from collections.abc import Mapping
from typing import Any, Final

from notifications.alma_api import AlmaApi
from notifications.contacts import Contact
from notifications.person import ContactKind, Person

# A fifth of what Alma allows the whole institution.
SECONDS_BETWEEN: Final = 0.2


class AlmaUsers:
    """The users of an institution. Without a host or an API key, Alma is not asked."""

    name = "Alma"
    kinds = frozenset({ContactKind.PHONE, ContactKind.EMAIL})

    def __init__(self, alma: AlmaApi) -> None:
        self._alma = alma

    def find(self, person: Person) -> Contact:
        """Ask Alma once. Raise Permanent (refused), Transient, Throttled; no reason has the person's id."""
        if note := self._alma.why_unavailable():
            return Contact(note=note)
        if (answer := self._alma.user(person.user)) is None:
            return Contact(note="Alma does not have the person")
        if not isinstance(answer.members.get("primary_id"), str):
            raise self._alma.malformed()
        return _contact(answer.members)


def _contact(user: Mapping[str, Any]) -> Contact:
    found = user.get("contact_info")
    info = found if isinstance(found, dict) else {}
    texts = {
        ContactKind.PHONE: _preferred(info.get("phone"), "preferred_sms", "phone_number"),
        ContactKind.EMAIL: _preferred(info.get("email"), "preferred", "email_address"),
    }
    return Contact({kind: text for kind, text in texts.items() if text})


def _preferred(entries: Any, mark: str, member: str) -> str:
    """Return the member of the first entry with the mark, or an empty text. No other entry is taken instead."""
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and str(entry.get(mark)).lower() == "true":
            text = entry.get(member)
            return text.strip() if isinstance(text, str) else ""
    return ""
