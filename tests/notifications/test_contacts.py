"""Contacts: the forms that services accept, and what is shown of them."""

import pytest

from notifications.contacts import Contact, usable
from notifications.person import ContactKind

PHONE, EMAIL, SLACK = ContactKind.PHONE, ContactKind.EMAIL, ContactKind.SLACK


@pytest.mark.parametrize(
    ("kind", "text", "contact"),
    [
        (PHONE, "+49 30 123456", "+4930123456"),
        (PHONE, "030 123456", ""),
        (EMAIL, " jane@example.org ", "jane@example.org"),
        (EMAIL, "Jane <jane@example.org>", "jane@example.org"),
        (EMAIL, "jane@example.org\r\nBcc: x@example.org", ""),
        (EMAIL, "jane", ""),
        (SLACK, " U012AB3CD ", "U012AB3CD"),
        (SLACK, "W012AB3CD", "W012AB3CD"),
        *((SLACK, text, "") for text in ("#general", "C012AB3CD", "@jane", "jane", "u012ab3cd", "U012AB3CD\nC1")),
        *((kind, "", "") for kind in ContactKind),
    ],
)
def test_a_contact_has_the_form_of_its_kind(kind: ContactKind, text: str, contact: str) -> None:
    """Everything else is as if there were none: a channel of many people is not a person."""
    assert usable(kind, text) == contact


def test_a_contact_is_not_shown() -> None:
    """The representation has the class only."""
    assert repr(Contact({PHONE: "+4930123456"})) == "Contact(…)"
