"""Read and write the table of topics. An item is only changed if it is still as it was read.

"Condition expressions", Amazon DynamoDB Developer Guide.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from notifications.topics import ITEM_MEMBERS, InvalidTopicError, Topic, topic_of_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class StoredTopic(NamedTuple):
    """An item of the table. `topic` is None, and `problem` says why, if it was changed by hand and is not valid."""

    name: str
    item: Mapping[str, Any]
    topic: Topic | None
    problem: str = ""

    @property
    def path(self) -> str:
        """The name as people and URLs write it: `channel/topic`."""
        return self.name.replace("+", "/", 1)

    @property
    def id(self) -> str:
        """The topic hash, or an empty text if the item has none."""
        stored = self.item.get("Id")
        return stored if isinstance(stored, str) else ""


class TopicStore:
    """The table of topics, by `channel+topic`. Every method raises botocore's errors."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def all(self) -> dict[str, StoredTopic]:
        """Return the topics by name, sorted."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        found = [_stored(item) for page in pages for item in page["Items"]]
        return {each.name: each for each in sorted(found, key=lambda each: each.name)}

    def find(self, name: str) -> StoredTopic | None:
        """Return the topic of this name, or None."""
        answer = self._dynamodb.get_item(TableName=self._table, Key={"Name": {"S": name}}, ConsistentRead=True)
        return _stored(answer["Item"]) if answer.get("Item") else None

    def put(self, topic: Topic, before: StoredTopic | None) -> bool:
        """Write a topic in the place of what was read before. Return False if that was changed meanwhile."""
        item = {name: TypeSerializer().serialize(value) for name, value in topic.item().items()}
        try:
            self._dynamodb.put_item(TableName=self._table, Item=item, **_unchanged(before))
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            # The SDK may have repeated a call whose answer was lost.
            now = self.find(topic.name)
            return now is not None and now.item == topic.item()
        return True

    def delete(self, before: StoredTopic) -> bool:
        """Delete what was read before. Return False if it was changed meanwhile."""
        key = {"Name": {"S": before.name}}
        try:
            self._dynamodb.delete_item(TableName=self._table, Key=key, **_unchanged(before))
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return self.find(before.name) is None
        return True


def _stored(raw: Mapping[str, Any]) -> StoredTopic:
    item = {name: TypeDeserializer().deserialize(value) for name, value in raw.items()}
    try:
        return StoredTopic(str(item["Name"]), item, topic_of_item(item))
    except InvalidTopicError as error:
        return StoredTopic(str(item["Name"]), item, None, str(error))


def _unchanged(before: StoredTopic | None) -> dict[str, Any]:
    """Return the condition that the item is as it was read, or that there is none."""
    if before is None:
        return {"ConditionExpression": "attribute_not_exists(#Name)", "ExpressionAttributeNames": {"#Name": "Name"}}
    members = sorted({*before.item, *ITEM_MEMBERS} - {"Name"})
    return {
        "ConditionExpression": " AND ".join(_clauses(members, before.item)),
        "ExpressionAttributeNames": {f"#{number}": name for number, name in enumerate(members)},
        "ExpressionAttributeValues": {
            f":{number}": TypeSerializer().serialize(before.item[name])
            for number, name in enumerate(members)
            if name in before.item
        },
    }


def _clauses(members: list[str], item: Mapping[str, Any]) -> Iterator[str]:
    for number, name in enumerate(members):
        yield f"#{number} = :{number}" if name in item else f"attribute_not_exists(#{number})"
