"""The table of topics: reads one by its name and checks its hash."""

import hashlib
import hmac
import os
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from notifications.topics import InvalidTopicError, Topic, topic_of_item
from processor.errors import Permanent, Transient
from processor.retries import code_of, failures_of_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TopicTable:
    """The DynamoDB table of topics, by `Name` (`channel+topic`); `Id` is the topic hash."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def with_hash(self, name: str, topic_hash: str) -> Topic | None:
        """Return the topic of this name and hash, or None.

        An unknown name and a wrong hash cause the same call and comparison, and only the hash is read before that, so
        that neither the answer nor its time shows which names exist. Raise Transient, or Permanent if the stored topic
        is not valid.
        """
        stored = self._item(name, ProjectionExpression="#id", ExpressionAttributeNames={"#id": "Id"}).get("Id")
        expected = _digest(stored) if isinstance(stored, str) and stored else os.urandom(32)
        return self.by_name(name) if hmac.compare_digest(_digest(topic_hash.strip()), expected) else None

    def by_name(self, name: str) -> Topic | None:
        """Return the topic of this name, or None. Raise Transient, or Permanent if the stored topic is not valid."""
        item = self._item(name)
        return _topic(item) if item else None

    def _item(self, name: str, **projection: Any) -> dict[str, Any]:
        """Call GetItem once ("GetItem", Amazon DynamoDB API Reference), so that a changed topic counts at once."""
        with failures_of_aws("refused", "the topic could not be read"):
            try:
                answer = self._dynamodb.get_item(
                    TableName=self._table, Key={"Name": {"S": name}}, ConsistentRead=True, **projection
                )
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException":  # its stack is deployed after the processor's
                    raise Transient("transient", "the table of topics does not exist yet") from None
                raise
        deserialize = TypeDeserializer().deserialize
        return {member: deserialize(value) for member, value in answer.get("Item", {}).items()}


def _topic(item: dict[str, Any]) -> Topic:
    try:
        return topic_of_item(item)
    except InvalidTopicError as error:
        raise Permanent("refused", f"the stored topic is not valid, apply it again: {error}") from None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
