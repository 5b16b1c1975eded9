"""Tests of the SQS body of a notification."""

import hashlib
import json
from typing import Any

import pytest

from ingest.envelope import EnvelopeError
from notifications.notification import Fallback, Notification

NOTIFICATION = Notification("team", {"type": "slack", "url": {"ssm": "slack-team"}}, "Ende ✓", "0" * 64, "library+jobs")


def members() -> dict[str, Any]:
    """Return the members of a valid body."""
    return dict(json.loads(NOTIFICATION.encode()))


def test_a_notification_has_the_members_of_the_contract() -> None:
    """The body has configuration and message, and beside them identity and topic."""
    assert members() == {
        "configuration": {"name": "team", "credentials": {"type": "slack", "url": {"ssm": "slack-team"}}},
        "message": "Ende ✓",
        "identity": "0" * 64,
        "topic": "library+jobs",
    }


def test_a_notification_is_read_as_it_was_written() -> None:
    """Decoding returns what was encoded, and ignores members of a newer version."""
    newer = json.dumps({**members(), "colour": "red"})
    assert Notification.decode(NOTIFICATION.encode().encode()) == Notification.decode(newer.encode()) == NOTIFICATION


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"7", b"{}", b"[" * 100_000])
def test_a_body_of_another_kind_is_rejected(body: bytes) -> None:
    """A body that is not an object with these members raises EnvelopeError."""
    with pytest.raises(EnvelopeError, match=r"^The message is not a notification"):
        Notification.decode(body)


@pytest.mark.parametrize("name", sorted(members()))
@pytest.mark.parametrize("value", [None, 7, []])
def test_a_member_of_another_type_is_rejected(name: str, value: object) -> None:
    """Each member has its type, and none is optional."""
    with pytest.raises(EnvelopeError, match=r"^The message is not a notification"):
        Notification.decode(json.dumps({**members(), name: value}).encode())


def test_the_carrier_of_a_summary_has_the_end_of_its_minute() -> None:
    """Only a carrier has this member, which is a time in whole seconds."""
    carrier = NOTIFICATION._replace(summary_due=1_780_000_080)
    assert Notification.decode(carrier.encode().encode()) == carrier
    for value in ("7", 7.5, True, None, -5, 10**400):
        with pytest.raises(EnvelopeError, match="summary_due is not a time"):
            Notification.decode(json.dumps({**members(), "summary_due": value}).encode())


FALLBACK = Fallback("desk", {"type": "email"}, "Nobody was reached")


def test_a_fallback_is_a_member_of_the_body() -> None:
    """It has the form of a notification without identity and topic, which it shares."""
    body = NOTIFICATION._replace(fallback=FALLBACK).encode()
    assert json.loads(body) == {
        **members(),
        "fallback": {
            "configuration": {"name": "desk", "credentials": {"type": "email"}},
            "message": "Nobody was reached",
        },
    }
    assert Notification.decode(body.encode()) == NOTIFICATION._replace(fallback=FALLBACK)


@pytest.mark.parametrize("fallback", [7, "x", [], {}, {"configuration": {}, "message": "x"}, {"message": "x"}])
def test_a_fallback_of_another_form_is_rejected(fallback: object) -> None:
    """Also one whose members have the wrong types."""
    wrong = {"configuration": {"name": "desk", "credentials": []}, "message": "x"}
    for each in (fallback, wrong, {**FALLBACK.members, "message": 7}):
        with pytest.raises(EnvelopeError, match=r"^The message is not a notification"):
            Notification.decode(json.dumps({**members(), "fallback": each}).encode())


def test_a_message_of_an_older_version_has_no_fallback() -> None:
    """Messages that were queued before an update are still sent."""
    assert Notification.decode(json.dumps(members()).encode()).fallback is None
    assert Notification.decode(json.dumps({**members(), "fallback": None}).encode()).fallback is None


def test_a_delivery_key_has_identity_topic_name_and_replay() -> None:
    """Each of them makes another key, and none of the other members does."""
    keys = {
        NOTIFICATION.delivery_key(),
        NOTIFICATION.delivery_key("r1"),
        NOTIFICATION._replace(identity="1" * 64).delivery_key(),
        NOTIFICATION._replace(topic="library+loans").delivery_key(),
        NOTIFICATION._replace(name="other").delivery_key(),
    }
    assert len(keys) == 5
    assert NOTIFICATION._replace(message="x", credentials={}).delivery_key() == NOTIFICATION.delivery_key()


def test_the_message_id_is_the_digest_of_the_key() -> None:
    """It has hex digits only, so that it can be part of a signature."""
    assert NOTIFICATION.message_id == hashlib.sha256(NOTIFICATION.delivery_key().encode()).hexdigest()


def test_neither_message_nor_credentials_are_shown() -> None:
    """The representation has names only."""
    assert repr(NOTIFICATION) == "Notification('library+jobs', 'team', …)"
    assert repr(FALLBACK) == "Fallback('desk', …)"
