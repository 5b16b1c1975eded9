"""People as recipients: the form of `{user: ID}`, and where it is accepted."""

from typing import Any

import pytest
from pydantic import ValidationError

from notifications.integrations.email import EmailConfiguration
from notifications.integrations.integration import RENDERED, Configuration
from notifications.integrations.slack import SlackConfiguration
from notifications.integrations.sms import SmsConfiguration
from notifications.person import LONGEST_USER, Person

ADDRESS = "desk@example.org"
TOKEN = {"ssm": "slack-bot"}


def sms(to: Any, **context: Any) -> SmsConfiguration:
    return SmsConfiguration.model_validate({"to": to}, context=context)


def email(*to: Any) -> EmailConfiguration:
    return EmailConfiguration.model_validate({"from": ADDRESS, "to": list(to), "subject": "Job"})


def slack(channel: Any) -> SlackConfiguration:
    return SlackConfiguration.model_validate({"token": TOKEN, "channel": channel})


@pytest.mark.parametrize("user", ["jane", " jane\n", "Jané Doe", "a@b.example", "", "x" * LONGEST_USER, "{{ user }}"])
def test_a_person_is_an_id(user: str) -> None:
    """Any printable text, also an empty one, which is nobody, or a template that will be rendered."""
    person = sms({"user": user}).person
    assert person
    assert person.user in {user, user.strip()}


@pytest.mark.parametrize(
    "user", ["x" * (LONGEST_USER + 1), "patron-4711\0", "patron-4711\nBcc", "patron-47…", 4711, None]
)
def test_another_id_is_rejected_without_being_shown(user: Any) -> None:
    """A text that was cut would be another person's id, and a number in YAML may have lost zeros."""
    with pytest.raises(ValidationError) as raised:
        sms({"user": user})
    assert "patron-47" not in str(raised.value.errors(include_input=False, include_context=False))


def test_a_value_that_looks_like_a_template_is_an_id() -> None:
    """It is not rendered again, and has the limits of an id."""
    assert sms({"user": "{{ a }}"}, **RENDERED).person == Person("{{ a }}")
    with pytest.raises(ValidationError):
        sms({"user": "{{" + "x" * LONGEST_USER}, **RENDERED)


@pytest.mark.parametrize("person", [{}, {"users": "jane"}, {"user": "jane", "phone": "+4930123456"}])
def test_another_form_is_rejected(person: dict[str, str]) -> None:
    """The sentence says what is expected."""
    with pytest.raises(ValidationError, match=r"a person is \{user: ID\}"):
        sms(person)


def test_a_person_is_one_recipient_of_an_email() -> None:
    """Alone or beside addresses; two of them are an error."""
    configuration = email(ADDRESS, {"user": "jane"})
    assert configuration.person == Person("jane")
    assert configuration.addressed_to("jane@example.org").to == [ADDRESS, "jane@example.org"]
    with pytest.raises(ValidationError, match="names several people; give each an integration of its own"):
        email({"user": "jane"}, {"user": "john"})


def test_a_person_is_a_channel_of_a_bot() -> None:
    """A webhook has its channel already."""
    configuration = slack({"user": "jane"})
    assert configuration.person == Person("jane")
    assert configuration.addressed_to("U012AB3CD").channel == "U012AB3CD"
    with pytest.raises(ValidationError, match="give either url, or token and channel"):
        SlackConfiguration.model_validate({"url": TOKEN, "channel": {"user": "jane"}})


@pytest.mark.parametrize(
    "configuration", [sms("+4930123456"), email(ADDRESS), slack("#jobs"), SlackConfiguration(url=TOKEN)]
)
def test_texts_are_no_people(configuration: Configuration) -> None:
    """A configuration of texts works as before."""
    assert configuration.person is None


def test_nothing_shows_a_person() -> None:
    """Neither the representation of a person, nor that of a configuration."""
    assert repr(Person("patron-4711")) == str(Person("patron-4711")) == "Person(…)"
    assert "patron-4711" not in repr(sms({"user": "patron-4711"}))


def test_the_case_of_an_id_does_not_matter() -> None:
    """Alma does not distinguish it in primary identifiers."""
    assert Person("Jane.DOE").key == Person("jane.doe").key == "jane.doe"
