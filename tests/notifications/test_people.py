"""People are looked up by sources in their order, once in a while, and nothing says who they are."""

from typing import Any

import pytest

from notifications.contacts import Contact
from notifications.errors import Permanent, Transient
from notifications.integrations.table import INTEGRATIONS
from notifications.notification import Notification
from notifications.people import People
from notifications.person import ContactKind, Person
from notifications.prepared import prepared

PHONE, EMAIL, SLACK = ContactKind.PHONE, ContactKind.EMAIL, ContactKind.SLACK
SMS: dict[str, Any] = {"type": "sms", "to": {"user": "Patron-4711"}}
MAIL = {"type": "email", "from": "a@example.org", "to": [{"user": "patron-4711"}, "b@example.org"], "subject": "Job"}
CHAT = {"type": "slack", "token": {"ssm": "bot"}, "channel": {"user": "patron-4711"}}


class Source:
    """A source with one answer for everybody, or a failure."""

    def __init__(self, name: str, answered: Contact | Exception, *kinds: ContactKind) -> None:
        self.name = name
        self.kinds = frozenset(kinds or ContactKind)
        self.answered = answered
        self.asked: list[str] = []

    def find(self, person: Person) -> Contact:
        self.asked.append(person.user)
        if isinstance(self.answered, Exception):
            raise self.answered
        return self.answered


class Case:
    """People of these sources, at a time that the test sets."""

    def __init__(self, *sources: Source) -> None:
        self.now = 1_780_000_000.0
        self.people = People(sources, lambda: self.now)

    def addressed(self, credentials: dict[str, Any] = SMS) -> Any:
        ready = prepared(Notification("one", credentials, "text", "0" * 64, "library+jobs"), INTEGRATIONS)
        return self.people.addressed(ready)

    def failure(self, credentials: dict[str, Any] = SMS) -> Permanent:
        with pytest.raises(Permanent) as raised:
            self.addressed(credentials)
        assert "4711" not in str(raised.value)
        return raised.value


def table(**texts: str) -> Source:
    return Source("the table", Contact({ContactKind[kind]: text for kind, text in texts.items()}))


def alma(**texts: str) -> Source:
    return Source("Alma", Contact({ContactKind[kind]: text for kind, text in texts.items()}), PHONE, EMAIL)


def test_each_integration_gets_its_kind_of_contact() -> None:
    """It is in place of the person; the destination is that of the contact, and other recipients stay."""
    case = Case(table(PHONE="+49 30 123456", EMAIL="jane@example.org", SLACK="U012AB3CD"))
    assert case.addressed(SMS).configuration.to == "+4930123456"
    assert case.addressed(MAIL).configuration.to == ["jane@example.org", "b@example.org"]
    chat = case.addressed(CHAT)
    assert (chat.configuration.channel, chat.destination) == ("U012AB3CD", "slack:slack bot U012AB3CD")


def test_two_people_have_two_destinations() -> None:
    """Each gets a message a second."""
    one, other = Case(table(PHONE="+4930123456")).addressed(), Case(table(PHONE="+4930123457")).addressed()
    assert one.destination != other.destination
    assert "4930" not in one.destination


def test_a_notification_to_no_person_is_not_looked_up() -> None:
    """A configuration of texts stays as it is."""
    source = table()
    configuration = Case(source).addressed({"type": "sms", "to": "+4930123456"}).configuration
    assert (configuration.to, source.asked) == ("+4930123456", [])


def test_the_first_source_with_a_contact_decides() -> None:
    """The second is only asked for what the first lacks or has in another form."""
    second = alma(PHONE="+4930222222", EMAIL="alma@example.org")
    case = Case(table(PHONE="+4930111111"), second)
    assert (case.addressed(SMS).configuration.to, second.asked) == ("+4930111111", [])
    assert case.addressed(MAIL).configuration.to[0] == "alma@example.org"
    assert Case(table(PHONE="030 111111"), second).addressed(SMS).configuration.to == "+4930222222"


def test_a_source_is_not_asked_for_what_it_cannot_have() -> None:
    """Alma knows no Slack IDs."""
    second = alma()
    assert Case(table(), second).failure(CHAT).cause_class == "no-contact"
    assert second.asked == []


def test_no_contact_is_permanent_and_says_where_it_was_looked_for() -> None:
    """The reason has no text of a source."""
    unknown = Source("the table", Contact(note="the table does not have the person"))
    failure = Case(unknown, alma(PHONE="(888) 4711")).failure()
    assert (failure.cause_class, failure.reason) == (
        "no-contact",
        "there is no phone number for the person: the table does not have the person; that of Alma is not valid",
    )
    reason = "there is no e-mail address for the person: the table has none; Alma has none"
    assert Case(table(), alma()).failure(MAIL).reason == reason


def test_an_id_in_a_message_is_not_a_template() -> None:
    """The producer has rendered it, so the limits of an id apply."""
    failure = Case(table()).failure({"type": "sms", "to": {"user": "{{ 4711 }}" + "x" * 255}})
    assert (failure.cause_class, failure.field) == ("no-target", "to")


def test_nobody_has_no_contact() -> None:
    """A template can give an empty id: the job was started by a schedule."""
    source = table(PHONE="+4930123456")
    failure = Case(source).failure({"type": "sms", "to": {"user": " "}})
    assert (failure.cause_class, failure.reason) == ("no-contact", "the id of the person is empty")
    assert source.asked == []


def test_a_failing_source_is_not_a_missing_contact() -> None:
    """The next source is not asked, because it could have an older contact; the look-up is repeated."""
    first, second = Source("the table", Transient("transient", "down")), alma(PHONE="+4930222222")
    case = Case(first, second)
    for _ in range(2):
        with pytest.raises(Transient, match="down"):
            case.addressed()
    assert (len(first.asked), second.asked) == (2, [])
    first.answered = Contact({PHONE: "+4930111111"})
    assert case.addressed().configuration.to == "+4930111111"


def test_look_ups_are_cached_for_all_kinds_and_cases_of_the_id() -> None:
    """Ten minutes if a source has a contact, a minute if not."""
    first, second = table(), alma(PHONE="+4930222222", EMAIL="jane@example.org")
    case = Case(first, second)
    case.addressed(SMS), case.addressed(MAIL)
    assert (first.asked, second.asked) == (["Patron-4711"], ["Patron-4711"])
    case.now += 60
    case.addressed(SMS)
    assert (len(first.asked), len(second.asked)) == (2, 1)
    case.now += 540
    case.addressed(SMS)
    assert len(second.asked) == 2
