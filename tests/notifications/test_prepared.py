"""The configuration of a queued notification is valid as the producer wrote it, or a dead letter says why not."""

from typing import Any

import pytest

from notifications.errors import Permanent
from notifications.integrations.table import INTEGRATIONS
from notifications.notification import Notification
from notifications.prepared import prepared

MAIL = {"type": "email", "from": "jobs@library.example", "subject": "Job ended"}


def of(**credentials: Any) -> Notification:
    """Return a notification with these members."""
    return Notification("team", credentials, "invented", "0" * 64, "library+jobs")


def failure(**credentials: Any) -> Permanent:
    """Return why these members are not valid."""
    with pytest.raises(Permanent) as raised:
        prepared(of(**credentials), INTEGRATIONS)
    return raised.value


def test_rendered_members_are_valid() -> None:
    """Braces in the subject may be a value of the event, and stay."""
    found = prepared(of(**MAIL | {"subject": "{{ x }}"}, to=["a@library.example"]), INTEGRATIONS)
    assert found.destination == "email:email jobs@library.example"


@pytest.mark.parametrize(
    ("credentials", "field"),
    [(MAIL | {"to": ["{{ to }}"]}, "to.0"), ({"type": "sms", "to": "+49{{ to }}"}, "to")],
)
def test_a_recipient_is_no_template(credentials: dict[str, Any], field: str) -> None:
    """The producer renders recipients, so an unrendered one is found before anything is asked or recorded."""
    found = failure(**credentials)
    assert (found.cause_class, found.field) == ("no-target", field)


def test_the_name_of_an_unknown_member_is_cut() -> None:
    """A forged message of 1 MB still becomes a dead letter, which SQS accepts."""
    found = failure(**MAIL, to=["a@library.example"], **{"x" * 900_000: ""})
    assert (found.field, found.members["field"]) == ("x" * 256, "x" * 256)
