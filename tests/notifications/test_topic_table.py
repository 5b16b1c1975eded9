"""The table of topics: which topic is found, and what a client can learn."""

from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.stub import Stubber

from notifications.topic_table import TopicTable
from processor.errors import Permanent, Transient
from tests.notifications.fake_integrations import HASH as ID
from tests.notifications.fake_integrations import entry, topic_with

HASH = str(ID)
TOPIC = topic_with(entry(configuration={"url": {"ssm": "chat-team"}, "limit": 443, "rate": 0.5}))
ITEM: dict[str, Any] = {name: TypeSerializer().serialize(value) for name, value in TOPIC.item().items()}

pytestmark = pytest.mark.usefixtures("aws")


def table(**item: Any) -> TopicTable:
    """Return a table with one item, on moto."""
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="topics",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}],
    )
    dynamodb.put_item(TableName="topics", Item={**ITEM, **item})
    return TopicTable(dynamodb, "topics")


def test_a_topic_is_found_by_name_and_hash() -> None:
    """It comes back as it was applied; whole numbers are int, and others float."""
    topics = table()
    found = topics.with_hash("library+jobs", HASH)
    assert found == topics.by_name("library+jobs") == TOPIC
    assert [type(value) for value in found.integrations[0].configuration.values()] == [dict, int, float]


def test_a_wrong_hash_finds_nothing() -> None:
    """Any other text is a wrong hash, also an empty one and two that the gateway joined."""
    topics = table()
    wrong = ["", " ", "é", "\udce9", HASH.upper(), HASH[:-1], HASH + "0", f"{HASH},{HASH}", "x" * 10_000]
    assert [topics.with_hash("library+jobs", given) for given in wrong] == [None] * len(wrong)
    assert topics.with_hash("library+jobs", HASH)


@pytest.mark.parametrize("stored", [{"S": ""}, {"N": "7"}, {"NULL": True}])
def test_an_item_without_a_hash_is_never_found_by_hash(stored: dict[str, Any]) -> None:
    """An empty stored hash does not equal an empty header."""
    topics = table(Id=stored)
    assert [topics.with_hash("library+jobs", given) for given in ("", "7", "None")] == [None] * 3


@pytest.mark.parametrize(("item", "name"), [(ITEM, "library+jobs"), (None, "library+job")])
def test_an_unknown_name_and_a_wrong_hash_cause_the_same_call(item: dict[str, Any] | None, name: str) -> None:
    """Both read only the hash, once and consistently: reading the integrations would take longer."""
    dynamodb = boto3.client("dynamodb")
    with Stubber(dynamodb) as stub:
        request = {
            "TableName": "topics",
            "Key": {"Name": {"S": name}},
            "ConsistentRead": True,
            "ProjectionExpression": "#id",
            "ExpressionAttributeNames": {"#id": "Id"},
        }
        stub.add_response("get_item", {"Item": item} if item else {}, request)
        assert TopicTable(dynamodb, "topics").with_hash(name, "wrong") is None
        stub.assert_no_pending_responses()


def test_an_unknown_name_is_not_found() -> None:
    """Without a hash too."""
    assert table().by_name("library+other") is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ProvisionedThroughputExceededException", Transient),
        ("InternalServerError", Transient),
        ("AccessDeniedException", Permanent),
    ],
)
def test_an_error_of_dynamodb_is_a_failure(code: str, expected: type[Exception]) -> None:
    """The reason has the code of AWS and not its text."""
    dynamodb = boto3.client("dynamodb")
    with Stubber(dynamodb) as stub:
        stub.add_client_error("get_item", code, "secret text")
        with pytest.raises(expected, match=rf"the topic could not be read: AWS returned {code}$"):
            TopicTable(dynamodb, "topics").by_name("library+jobs")


def test_a_table_can_be_deployed_later() -> None:
    """Its stack follows that of the processor."""
    with pytest.raises(Transient, match="the table of topics does not exist yet"):
        TopicTable(boto3.client("dynamodb"), "nowhere").by_name("library+jobs")


def test_an_invalid_item_is_a_permanent_failure() -> None:
    """The topic must be applied again; the reason names a member."""
    dynamodb = boto3.client("dynamodb")
    with Stubber(dynamodb) as stub:
        for _ in range(2):  # the hash, then the rest
            stub.add_response("get_item", {"Item": {"Id": {"S": HASH}}})
        with pytest.raises(
            Permanent, match="not valid, apply it again: The item is not a topic: integrations is"
        ) as caught:
            TopicTable(dynamodb, "topics").with_hash("library+jobs", HASH)
    assert caught.value.__suppress_context__
