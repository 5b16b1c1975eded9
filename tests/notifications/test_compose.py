"""Tests of the notifications that a post makes."""

import hashlib
from typing import Any

import pytest

from ingest.envelope import MAX_QUEUED_BYTES
from notifications.compose import LONGEST_MEMBER, ComposedPost, compose, identity_of
from notifications.errors import Permanent
from notifications.fitting import LONGEST_MESSAGE
from notifications.integrations.table import INTEGRATIONS
from notifications.notification import Fallback, Notification
from notifications.topics import topic_of_item
from tests.notifications.fake_integrations import entry, fake_integrations, topic_with

MAIL = {"to": ["{{ mail }}", "desk@example.org"], "subject": "Due: {{ title }}"}
VALUES = {"title": "Faust & <Mephisto>", "mail": "reader@example.org"}


def composed(*entries: dict[str, Any], values: Any = VALUES, source: str = "key:7") -> ComposedPost:
    return compose(topic_with(*entries), values, source, fake_integrations())


def failure(*entries: dict[str, Any], values: Any = VALUES) -> Permanent:
    with pytest.raises(Permanent) as raised:
        composed(*entries, values=values)
    return raised.value


def test_each_integration_gets_one_notification() -> None:
    """A notification has the name and topic, the configuration with its type, the rendered text and the identity."""
    jinja = entry({"jinja": "<b>{{ title | upper }}</b>"}, name="desk", type="mail", configuration=MAIL)
    team, desk = composed(entry(), jinja).notifications
    assert (team.name, team.topic, team.message) == ("team", "library+jobs", "*Faust &amp; &lt;Mephisto&gt;* is due")
    assert team.credentials == {"type": "chat", "url": {"ssm": "chat-team"}}
    assert (desk.name, desk.message) == ("desk", "<b>FAUST &amp; &lt;MEPHISTO&gt;</b>")
    assert desk.credentials == {
        "type": "mail",
        "to": ["reader@example.org", "desk@example.org"],
        "subject": "Due: Faust & <Mephisto>",
    }
    assert team.identity == desk.identity == identity_of("library+jobs", "key:7")


PERSON = {"token": {"ssm": "bot"}, "channel": {"user": "{{ job.by | default('') }}"}}
SMS = {"name": "text", "type": "sms", "model": "Job done", "configuration": {"to": {"user": "{{ job.by }}"}}}
DESK = {
    "name": "desk",
    "type": "email",
    "model": "Nobody was reached about $title",
    "configuration": {"from": "a@example.org", "to": ["{{ mail }}"], "subject": "{{ title }}"},
}


def to_people(*entries: dict[str, Any], values: Any, fallback: Any = DESK) -> ComposedPost:
    return compose(topic_with(*entries, fallback=fallback), values, "key:7", INTEGRATIONS)


def test_a_person_is_queued_by_the_id_only() -> None:
    """The id is rendered; the rest of the configuration of a chat is not."""
    chat = {"name": "chat", "type": "slack", "model": "Job done", "configuration": PERSON}
    text, other = to_people(SMS, chat, values={"job": {"by": " Jane.Doe "}}, fallback=None).notifications
    assert text.credentials == {"type": "sms", "to": {"user": " Jane.Doe "}}
    assert other.credentials == {"type": "slack", "token": {"ssm": "bot"}, "channel": {"user": " Jane.Doe "}}
    nobody = to_people(chat, values={"job": {}}, fallback=None).notifications[0]
    assert nobody.credentials["channel"] == {"user": ""}


@pytest.mark.parametrize("user", ["x" * 256, "x" * 100_000, "patron-4711…"])
def test_an_id_that_was_cut_is_not_queued(user: str) -> None:
    """It would be that of another person."""
    with pytest.raises(Permanent, match=r"configuration\.to of the integration text .* is not valid with these values"):
        to_people(SMS, values={"job": {"by": user}}, fallback=None)


def test_the_id_of_a_person_may_be_missing() -> None:
    """It is that of nobody then, so that the other integrations and the fallback are sent."""
    strict = {**SMS, "configuration": {"to": {"user": "{{ job.by.value }}"}}}
    text = to_people(strict, values=VALUES).notifications[0]
    assert text.credentials == {"type": "sms", "to": {"user": ""}}
    assert text.fallback


def test_a_channel_that_is_a_text_is_not_rendered() -> None:
    """Only the id of a person is a template there."""
    chat = {"name": "chat", "type": "slack", "model": "x", "configuration": {**PERSON, "channel": "#a{{title}}"}}
    assert to_people(chat, values=VALUES, fallback=None).notifications[0].credentials["channel"] == "#a{{title}}"


def test_a_fallback_goes_along_with_those_that_can_fall_back() -> None:
    """It is rendered as the others are; also a number can opt out of text messages."""
    number = {**SMS, "name": "number", "configuration": {"to": "+4930123456"}}
    webhook = {"name": "team", "type": "slack", "model": "$odd", "configuration": {"url": {"ssm": "team"}}}
    post = to_people(webhook, SMS, number, values={**VALUES, "job": {"by": "jane"}})
    fallbacks = {each.name: each.fallback for each in post.notifications}
    expected = Fallback(
        "desk",
        {"type": "email", "from": "a@example.org", "to": ["reader@example.org"], "subject": VALUES["title"]},
        "Nobody was reached about Faust & <Mephisto>",
    )
    assert fallbacks == {"team": None, "text": expected, "number": expected}
    assert post.unknown == {"team": {"odd"}}


def test_a_fallback_that_cannot_be_rendered_fails_the_post() -> None:
    """Otherwise nobody would learn of it until it is needed. One that is never needed is not rendered."""
    values = {"title": "x", "job": {"by": "jane"}}
    with pytest.raises(Permanent, match="of the integration desk in"):
        to_people(SMS, values=values)
    webhook = {"name": "team", "type": "slack", "model": "x", "configuration": {"url": {"ssm": "team"}}}
    assert to_people(webhook, values=values).notifications[0].fallback is None


def test_variables_of_a_fallback_are_counted() -> None:
    """By its name, as those of the others."""
    values = {"mail": "a@example.org", "title": "x", "job": {"by": "jane"}}
    post = to_people(SMS, values=values, fallback={**DESK, "model": "$oddity"})
    assert post.unknown == {"desk": {"oddity"}}


def test_the_longest_notification_with_the_longest_fallback_can_be_queued() -> None:
    """Each text is doubled as JSON at most, and SQS takes both together."""
    text = '"' * LONGEST_MESSAGE
    notification = Notification("a", {}, text, "0" * 64, "a+b", fallback=Fallback("b", {}, text))
    assert 4 * LONGEST_MESSAGE < len(notification.encode().encode()) < MAX_QUEUED_BYTES


def test_the_identity_is_that_of_topic_and_source() -> None:
    """It is the SHA-256 of a list in JSON, differs by topic and source, and has nothing of the values."""
    expected = hashlib.sha256(b'["notifications", "library+jobs", "key:7"]').hexdigest()
    assert identity_of("library+jobs", "key:7") == expected
    assert len({identity_of(topic, source) for topic in ("a+b", "a+bk") for source in ("key:7", "sns:7")}) == 4
    assert composed(entry()) == composed(entry())
    assert composed(entry(), values={"title": "other"}).notifications[0].identity == expected


def test_variables_without_a_value_stay_and_are_counted() -> None:
    """They are known by the integration's name; integrations without any are left out."""
    post = composed(entry("$title $pickup ${pickup} ${when}"), entry(name="other"))
    assert post.notifications[0].message == "Faust &amp; &lt;Mephisto&gt; $pickup ${pickup} ${when}"
    assert (post.unknown, post.unknown_variables) == ({"team": frozenset({"pickup", "when"})}, 2)
    assert composed(entry()).unknown_variables == 0


def test_a_failing_template_fails_the_post_in_one_sentence_without_values() -> None:
    """Nothing of the post is sent then, and the sentence names the integration and the variable."""
    error = failure(entry(), entry({"jinja": "{{ title }} {{ pickup }}"}, name="desk"))
    assert (error.cause_class, error.target, error.field) == ("template", "chat:desk@library+jobs", "model")
    assert error.reason == (
        "model of the integration desk in library+jobs uses a value that is missing; these variables have none: pickup"
    )


@pytest.mark.parametrize(
    ("members", "cause_class", "reason"),
    [
        ({"model": "$title".ljust(9_000, "x")}, "too-large", "model of the integration team in library+jobs is too l"),
        (
            {"model": {"jinja": "{{ title.a.b }}"}},
            "template",
            "model of the integration team in library+jobs uses a va",
        ),
        (
            {"model": {"jinja": "{{ VALUES }}"}},
            "template",
            "model of the integration team in library+jobs uses a value",
        ),
        ({"model": {"jinja": "{% if not title %}x{% endif %}\n"}}, "template", "model of the integration team in libr"),
        ({"model": "$5"}, "template", "model of the integration team in library+jobs is not a valid template: line 1"),
        (
            {"type": "pigeon"},
            "refused",
            "type of the integration team in library+jobs is unknown; apply the topic again",
        ),
        (
            {"configuration": {}},
            "refused",
            "configuration.url of the integration team in library+jobs is not valid; app",
        ),
        (
            {"type": "mail", "configuration": {"to": ["{{ title }}"]}},
            "template",
            "configuration.to of the integration team in library+jobs is not valid with these values",
        ),
        (
            {"type": "mail", "configuration": {"to": ["{{ reader }}"]}},
            "template",
            "configuration.to of the integration team in library+jobs uses a value that is missing; these",
        ),
        (
            {"type": "mail", "configuration": {"to": [], "subject": "x" * LONGEST_MEMBER + "{{ title }}"}},
            "too-large",
            "configuration.subject of the integration team in library+jobs is too long, even with short values",
        ),
    ],
)
def test_what_fails_is_permanent_and_named(members: dict[str, Any], cause_class: str, reason: str) -> None:
    """The class is that of the contract, and no reason quotes a value."""
    error = failure(entry(**members))
    assert error.cause_class == cause_class
    assert error.reason.startswith(reason)
    assert "Faust" not in str(error)


ADDRESSES = {"sms": {"to": "{{ to }}"}, "email": {"from": "a@b.example", "to": ["{{ to }}"], "subject": "Due"}}


@pytest.mark.parametrize("kind", ADDRESSES)
@pytest.mark.parametrize("to", ["{{ evil", "{% evil", "{{ evil }}", "+4930{{123456"])
def test_a_value_that_looks_like_a_template_is_no_address(kind: str, to: str) -> None:
    """Only what is written in the topic can be a template; a rendered member is checked like any other."""
    topic = topic_with(entry("Due", type=kind, configuration=ADDRESSES[kind]))
    with pytest.raises(Permanent) as raised:
        compose(topic, {"to": to}, "key:7", INTEGRATIONS)
    assert (raised.value.cause_class, raised.value.field) == ("template", "configuration.to")
    assert raised.value.reason == (
        "configuration.to of the integration team in library+jobs is not valid with these values"
    )


@pytest.mark.parametrize(("kind", "to"), [("sms", "+4930123456"), ("email", "Reader <reader@example.org>")])
def test_a_value_that_is_an_address_is_one(kind: str, to: str) -> None:
    """A rendered address is queued."""
    topic = topic_with(entry("Due", type=kind, configuration=ADDRESSES[kind]))
    (notification,) = compose(topic, {"to": to}, "key:7", INTEGRATIONS).notifications
    assert notification.credentials["to"] in (to, [to])


def test_a_text_that_is_not_json_is_not_queued() -> None:
    """HTTP sends JSON only, and the post fails in one sentence without the text."""
    configuration = {"url": "https://example.org", "secret": {"ssm": "sign"}}
    topic = topic_with(entry('{"n": $n}', name="hook", type="http", configuration=configuration))
    assert compose(topic, {"n": 1}, "key:7", INTEGRATIONS).notifications[0].message == '{"n": 1}'
    with pytest.raises(Permanent) as raised:
        compose(topic, {"n": "canary"}, "key:7", INTEGRATIONS)
    assert (raised.value.cause_class, raised.value.field) == ("template", "model")
    assert raised.value.reason == "model of the integration hook in library+jobs gives a text that is not JSON"


def test_a_long_value_in_a_member_is_cut_and_an_address_is_not_shortened_to_another() -> None:
    """A subject ends with a mark, and a cut address has one too, so that it is not valid."""
    long = {"title": "x" * 10_000, "mail": "reader@example.org"}
    subject = composed(entry(type="mail", configuration=MAIL), values=long).notifications[0].credentials["subject"]
    assert (len(subject), subject[:6], subject[-2:]) == (LONGEST_MEMBER, "Due: x", "x…")
    address = {**VALUES, "mail": f"reader@example.org{'x' * 10_000}"}
    assert failure(entry(type="mail", configuration=MAIL), values=address).field == "configuration.to"


def test_control_characters_of_values_are_not_in_members() -> None:
    """A NUL or a bidi override in a subject is removed; an integration decides about line ends."""
    values = {**VALUES, "title": "exe\u202egnp.\x00\r\nBcc: x@example.org"}
    (notification,) = composed(entry(type="mail", configuration=MAIL), values=values).notifications
    assert notification.credentials["subject"] == "Due: exegnp.\nBcc: x@example.org"


def test_members_that_are_not_templated_stay_as_they_are() -> None:
    """Only the declared members are templates, and members of a newer version are left out."""
    configuration = {"url": {"ssm": "chat-team"}, "limit": 100, "colour": "{{ nothing }}"}
    (notification,) = composed(entry(configuration=configuration)).notifications
    assert notification.credentials == {"type": "chat", "url": {"ssm": "chat-team"}, "limit": 100}


def test_a_text_is_cut_to_what_the_configuration_allows() -> None:
    """The integration decides by the configuration of the topic."""
    configuration = {"url": {"ssm": "chat-team"}, "limit": 20}
    (notification,) = composed(entry(configuration=configuration), values={"title": "x" * 100}).notifications
    assert notification.message == "*" + "x" * 10 + "…* is due"


def test_an_item_of_the_table_composes_as_its_topic() -> None:
    """The table changes nothing."""
    topic = topic_with(entry(), entry(name="desk", type="mail", configuration=MAIL))
    stored = topic_of_item(topic.item())
    assert compose(stored, VALUES, "sns:1", fake_integrations()) == compose(topic, VALUES, "sns:1", fake_integrations())
