"""Contacts from Alma, by a server on this computer: what is sent, which entry counts, and what each answer means."""

from typing import Any

import pytest

from notifications.alma_users import SECONDS_BETWEEN
from notifications.contacts import Contact
from notifications.errors import Paced, Permanent, Throttled, Transient
from notifications.person import ContactKind, Person
from processor.errors import Failure
from tests.loopback import Behaviour, Loopback, answer, close, reset, say
from tests.notifications.alma_server import KEY, AlmaCase, email, error, gateway_error, phone, user
from tests.notifications.tls_server import nobody, tls

PARAMETER = "/alma-webhooks/dev/notifications/alma-api-key"
JANE = Person("jane")


def found(answered: Any, person: Person = JANE) -> dict[ContactKind, str]:
    """Return the contacts of a person for whom Alma answers with this."""
    with Loopback(answer(answered), tls=tls()) as server:
        return dict(AlmaCase(server.url).users.find(person).texts)


def test_the_key_is_in_a_header_and_the_id_is_encoded() -> None:
    """No part of an id can lead to another resource, and the URL has no secret."""
    with Loopback(answer(user()), tls=tls()) as server:
        AlmaCase(server.url).users.find(Person("Jané Doe/../x?y#z%2F"))
    [received] = server.received
    assert received.request == "GET /almaws/v1/users/Jan%C3%A9%20Doe%2F..%2Fx%3Fy%23z%252F HTTP/1.1"
    assert (received.headers["authorization"], received.headers["accept"]) == (f"apikey {KEY}", "application/json")
    assert received.body == b""


def test_the_preferred_entries_count() -> None:
    """The phone that is preferred for SMS, not the one that is preferred for calls, and the preferred address."""
    phones = [phone("+4930111111", preferred=True), phone("+49 30 222222", sms=True), phone("+4930333333", sms=True)]
    emails = [email("old@example.org"), email("jane@example.org", preferred=True)]
    assert found(user(phones=phones, emails=emails)) == {
        ContactKind.PHONE: "+49 30 222222",
        ContactKind.EMAIL: "jane@example.org",
    }


def test_marks_can_be_texts() -> None:
    """Older versions of Alma write them so."""
    phones = [phone("+4930111111", sms="false"), phone("+4930222222", sms="true")]
    assert found(user(phones=phones)) == {ContactKind.PHONE: "+4930222222"}


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"phones": [phone("+4930111111", preferred=True)], "emails": [email("jane@example.org")]},
        {"phones": [phone(None, sms=True)], "emails": [email(7, preferred=True)]},
        {"phones": None, "emails": None},
        {"phones": {"a": 1}, "emails": ["x", None]},
        {"contact_info": None},
        {"contact_info": []},
    ],
)
def test_nothing_else_is_taken_instead(members: dict[str, Any]) -> None:
    """A number that is not for SMS can be a landline, and other addresses can be out of use."""
    assert found(user(**members)) == {}


def test_a_large_user_is_read() -> None:
    """Notes and blocks make a user longer than the answers of other services."""
    notes = [{"note_text": "x" * 1000}] * 300
    assert found(user(emails=[email("jane@example.org", preferred=True)], user_note=notes))


@pytest.mark.parametrize("person", [Person("."), Person("..")])
def test_an_id_that_would_be_another_path_is_not_asked_for(person: Person) -> None:
    """Dots are not encoded, and servers resolve them."""
    with Loopback(answer(user()), tls=tls()) as server:
        assert AlmaCase(server.url).users.find(person) == Contact(note="Alma does not have the person")
    assert server.received == []


def test_an_unknown_user_has_no_contact() -> None:
    """That is an answer, not a failure."""
    pretty = b'HTTP/1.1 400 Bad Request\r\n\r\n{\n "errorList": {\n "error": [\n {\n "errorCode": "401861"\n}]}}'
    with Loopback(error("401861"), say(pretty), tls=tls()) as server:
        for _ in range(2):
            assert AlmaCase(server.url).users.find(JANE) == Contact(note="Alma does not have the person")


def test_without_a_key_or_a_host_alma_is_not_asked() -> None:
    """The note says what is missing."""
    with Loopback(answer(user()), tls=tls()) as server:
        assert AlmaCase("").users.find(JANE).note == "Alma was not asked, because AlmaApiHost is empty"
        note = f"Alma was not asked, because the parameter {PARAMETER} does not exist"
        assert AlmaCase(server.url, key=None).users.find(JANE).note == note
        with pytest.raises(Permanent, match=f"{PARAMETER} does not have the form of an API key"):
            AlmaCase(server.url, key="canary\nX: y").users.find(JANE)
    assert server.received == []


FAILURES: list[tuple[Behaviour, type[Failure], str]] = [
    (error("UNAUTHORIZED", 400), Permanent, f"answered 400: the API key {PARAMETER} is not valid, or it may not read"),
    (error("", 401), Permanent, f"answered 401: the API key {PARAMETER} is not valid"),
    (error("FORBIDDEN", 403), Permanent, f"answered 403: the API key {PARAMETER} is not valid"),
    (error("402119", 400), Permanent, "answered 400."),
    (error("", 404), Permanent, "answered 404."),
    (error("INTERNAL_SERVER_ERROR", 500), Transient, "answered 500."),
    (say(b"HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n"), Transient, "answered 502."),
    (say(b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n"), Transient, "answered 503."),
    (say(b"HTTP/1.1 504 X\r\nContent-Length: 0\r\n\r\n"), Transient, "answered 504."),
    (answer({"maintenance": True}), Transient, "answered 200, but not in the form of Alma."),
    (answer(["patron-4711"]), Transient, "answered 200, but not in the form of Alma."),
    (answer({}, 302, header="Location: https://example.org/patron-4711\r\n"), Permanent, "redirects are not followed"),
    (close, Transient, "no answer was received"),
    (reset, Transient, "no answer was received"),
]


@pytest.mark.parametrize(("behaviour", "failure", "reason"), FAILURES)
def test_what_an_answer_means(behaviour: Behaviour, failure: type[Failure], reason: str) -> None:
    """The reason names the host, and neither the person nor the key. A lost answer to a GET changes nothing."""
    with Loopback(behaviour, tls=tls()) as server, pytest.raises(failure) as raised:
        AlmaCase(server.url).users.find(Person("patron-4711"))
    assert reason in raised.value.reason
    assert type(raised.value) is failure
    assert not any(word in raised.value.reason for word in ("patron", KEY))


def test_a_host_that_cannot_be_reached_is_transient() -> None:
    """Nothing was read."""
    with nobody() as url, pytest.raises(Transient, match="the connection failed"):
        AlmaCase(url).users.find(JANE)


@pytest.mark.parametrize(
    ("behaviour", "seconds"),
    [
        (error("PER_SECOND_THRESHOLD", 429), 1),
        (gateway_error("PER_SECOND_THRESHOLD"), 1),
        (error("PER_SECOND_THRESHOLD", 429, "Retry-After: 30\r\n"), 30),
        (error("DAILY_THRESHOLD", 429), 3600),
        (gateway_error("DAILY_THRESHOLD"), 3600),
        (error("DAILY_THRESHOLD", 429, "Retry-After: 1\r\n"), 3600),
        (error("DAILY_THRESHOLD", 400), 3600),
        (say(b"HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n"), 1),
    ],
)
def test_a_throttle_holds_all_look_ups(behaviour: Behaviour, seconds: int) -> None:
    """The daily threshold lasts for an hour at least; nobody asks meanwhile, and no slot is reserved in vain."""
    with Loopback(behaviour, answer(user()), tls=tls()) as server:
        case = AlmaCase(server.url)
        with pytest.raises(Throttled) as throttled:
            case.users.find(JANE)
        other = AlmaCase(server.url, table=case.table)
        if seconds > 2:
            for _ in range(3):
                with pytest.raises(Paced) as paced:
                    other.users.find(JANE)
                assert paced.value.retry_after == pytest.approx(seconds)
        case.now = other.now = case.now + seconds
        other.users.find(JANE)
        assert len(server.received) == 2
    assert (throttled.value.retry_after, type(throttled.value)) == (seconds, Throttled)
    assert other.slept[-1] < 1


def test_look_ups_take_turns() -> None:
    """Five a second, over all workers: a fifth of what the whole institution may ask."""
    with Loopback(answer(user()), tls=tls()) as server:
        case = AlmaCase(server.url)
        for _ in range(4):
            case.users.find(JANE)
    apart = [round(later - earlier, 3) for earlier, later in zip(case.slept, case.slept[1:], strict=False)]
    assert apart == [SECONDS_BETWEEN] * 3 == [0.2] * 3


def test_a_refused_key_is_read_again() -> None:
    """It may have been replaced."""
    with Loopback(error("UNAUTHORIZED", 403), tls=tls()) as server:
        case = AlmaCase(server.url)
        with pytest.raises(Permanent):
            case.users.find(JANE)
    assert case.key.forgotten == ["alma-api-key"]
