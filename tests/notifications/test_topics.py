"""Tests of topics as models and as items of their table."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from pydantic import ValidationError

from notifications.topics import InvalidTopicError, JinjaSource, topic_of_item
from tests.notifications.fake_integrations import HASH, entry, topic_with

ITEM = {
    "Id": str(HASH),
    "Name": "library+jobs",
    "Integrations": [
        {
            "name": "team",
            "type": "chat",
            "model": {"jinja": "{{ title }}"},
            "configuration": {"url": {"ssm": "chat-team"}, "limit": 100, "ratio": Decimal("0.5"), "on": True},
        }
    ],
}
TOPIC = topic_with(
    entry(
        {"jinja": "{{ title }}"},
        configuration={"url": {"ssm": "chat-team"}, "limit": 100, "ratio": 0.5, "on": True},
    )
)


def item(**members: Any) -> dict[str, Any]:
    return {**ITEM, **members}


def test_a_topic_is_an_item_and_an_item_is_a_topic() -> None:
    """The item has the members of the contract, and fractions are Decimal, as boto3 takes them."""
    assert TOPIC.item() == ITEM
    assert topic_of_item(ITEM) == TOPIC
    assert (TOPIC.name, TOPIC.integrations[0].model) == ("library+jobs", JinjaSource(jinja="{{ title }}"))


def test_a_topic_can_have_a_fallback() -> None:
    """It is a member of the item, which survives boto3, and has a name of its own."""
    topic = topic_with(entry(), fallback=entry(name="desk", configuration={"ratio": 0.5}))
    stored = TypeDeserializer().deserialize(TypeSerializer().serialize(topic.item()))
    assert stored["Fallback"]["configuration"] == {"ratio": Decimal("0.5")}
    assert topic_of_item(stored) == topic
    assert "Fallback" not in TOPIC.item()
    with pytest.raises(ValidationError, match="the name team is used by several integrations"):
        topic_with(entry(), fallback=entry())


def test_an_item_is_what_boto3_stores_and_returns() -> None:
    """An item survives the serialization of boto3, which returns every number as Decimal."""
    stored = TypeSerializer().serialize(TOPIC.item())
    read = TypeDeserializer().deserialize(stored)
    assert isinstance(read["Integrations"][0]["configuration"]["limit"], Decimal)
    assert topic_of_item(read) == TOPIC
    assert isinstance(topic_of_item(read).integrations[0].configuration["limit"], int)


def test_sns_topics_are_stored_if_there_are_any() -> None:
    """An item without them is one to which no SNS topic may post."""
    arn = "arn:aws:sns:eu-central-1:123456789012:jobs"
    topic = TOPIC.model_copy(update={"sns_topics": [arn]})
    assert topic.item() == item(SnsTopics=[arn])
    assert topic_of_item(topic.item()) == topic
    assert topic_of_item(ITEM).sns_topics == []


def test_members_of_a_newer_version_are_ignored() -> None:
    """An item and its integrations can have more members than this version knows."""
    newer = {**ITEM["Integrations"][0], "model": {"jinja": "{{ title }}", "version": 2}, "colour": "red"}  # type: ignore[dict-item]
    assert topic_of_item(item(Colour="red", Integrations=[newer])) == TOPIC


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"Id": "4c5f"}, "id"),
        ({"Id": None}, "id"),
        ({"Name": "library"}, "topic"),
        ({"Name": "Library+jobs"}, "channel"),
        ({"Name": "library+jobs+more"}, "topic"),
        ({"Name": None}, "channel"),
        ({"SnsTopics": ["jobs"]}, "sns_topics.0"),
        ({"SnsTopics": None}, "sns_topics"),
        ({"Integrations": None}, "integrations"),
        ({"Integrations": []}, "integrations"),
        ({"Integrations": [entry(name=f"n{number}") for number in range(11)]}, "integrations"),
        ({"Integrations": [entry(), entry()]}, "integrations"),
        ({"Integrations": [{"name": "team"}]}, "integrations.0.type"),
        ({"Integrations": [entry(model=7)]}, "integrations.0.model"),
        ({"Integrations": [entry(model="")]}, "integrations.0.model.text"),
        ({"Integrations": [entry(model={"jinja": "x" * 10_001})]}, "integrations.0.model.jinja.jinja"),
    ],
)
def test_an_item_that_is_not_a_topic_is_rejected(members: dict[str, Any], place: str) -> None:
    """The sentence names the member and quotes no value."""
    with pytest.raises(InvalidTopicError) as raised:
        topic_of_item(item(**members))
    assert str(raised.value) == f"The item is not a topic: {place} is missing or has the wrong form."


def test_ten_integrations_are_allowed() -> None:
    """A topic has one to ten integrations, whose names differ."""
    assert len(topic_with(*(entry(name=f"n{number}") for number in range(10))).integrations) == 10


@pytest.mark.parametrize("name", ["a", "0", "a-b", "a" * 63])
def test_names_have_lower_case_and_hyphens(name: str) -> None:
    """A name is at most 63 characters long."""
    assert topic_with(entry(name=name)).integrations[0].name == name


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a+b", "ä", "a" * 64, "a\n", "a.b", 7])
def test_other_names_are_rejected(name: Any) -> None:
    """A plus separates channel and topic, and no name looks like another one."""
    with pytest.raises(ValidationError):
        topic_with(entry(name=name))


def test_unknown_members_of_a_model_are_rejected() -> None:
    """What a person writes has no unknown members; only stored items may."""
    with pytest.raises(ValidationError, match="colour"):
        topic_with(entry(colour="red"))
