"""What is known of a person: texts of a source, and the forms in which services accept them. Nothing shows a text."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from notifications.email_address import EmailAddress
from notifications.person import ContactKind, Person
from notifications.phone_number import e164

# "Member ID", Slack docs: U or W first. A channel of several people is not a person.
_SLACK_ID: Final = re.compile(r"[UW][A-Z0-9]{2,30}")


class Contact(NamedTuple):
    """The texts of one source, as it has them. `note` says why there are none, without the person."""

    texts: Mapping[ContactKind, str] = MappingProxyType({})
    note: str = ""

    def __repr__(self) -> str:
        """Return the class only."""
        return "Contact(…)"


class ContactSource(Protocol):
    """A place that knows people: its name for reasons, and the kinds that it can have."""

    name: str
    kinds: frozenset[ContactKind]

    def find(self, person: Person) -> Contact:
        """Return what it knows of a person. Raise Permanent (never no-contact), Transient, Throttled."""


def usable(kind: ContactKind, text: str) -> str:
    """Return the text in the form that services accept, or an empty one if it has another form."""
    return _FORMS[kind](text)


def _address(text: str) -> str:
    try:
        return EmailAddress.parse(text.strip()).address
    except ValueError:
        return ""


def _slack_id(text: str) -> str:
    return text.strip() if _SLACK_ID.fullmatch(text.strip()) else ""


_FORMS: Final[Mapping[ContactKind, Callable[[str], str]]] = {
    ContactKind.PHONE: e164,
    ContactKind.EMAIL: _address,
    ContactKind.SLACK: _slack_id,
}
