"""The tables of loans and of requests in DynamoDB: one item for each entry, by user and id.

An item whose time to live is over counts as absent, because DynamoDB deletes it days later ("Using time to live (TTL)
in DynamoDB", Amazon DynamoDB Developer Guide). Every attribute has a placeholder, because many short English words are
reserved ("Reserved words in DynamoDB", the same guide).
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from loan_cache.entry import Entry, Kind, State
from loan_cache.expiry import OVERDUE_SECONDS, expires_at
from loan_cache.order import OrderValue, Wall
from processor.errors import Transient
from processor.retries import failures_of_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_IS_NEWEST: Final = (
    "attribute_not_exists(#order) OR #expires_at <= :now OR #order < :order OR (#order = :order AND #digest < :digest)"
)
_OF_USER: Final = "#user = :user"
_NOT_EXPIRED: Final = "#expires_at > :now"
_KEY: Final = "#user, #id"

_NAMES: Final = {
    "#user": "User",
    "#id": "Id",
    "#order": "OrderNumber",
    "#digest": "OrderDigest",
    "#expires_at": "ExpiresAt",
}

# "BatchWriteItem", Amazon DynamoDB API Reference.
_MOST_IN_BATCH: Final = 25
_MOST_ATTEMPTS: Final = 5

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class Written(NamedTuple):
    """Whether the table took an entry, and whether it replaced an item that DynamoDB should have deleted long ago."""

    is_newest: bool
    is_overdue: bool = False


class EntryPage(NamedTuple):
    """Entries of one user. Only `next_id` says whether there are more: a page can be empty before the last."""

    entries: list[Entry]
    next_id: str | None = None


class EntryTable:
    """One of the two tables. Tests replace `wall`."""

    def __init__(self, dynamodb: "DynamoDBClient", name: str, kind: Kind, wall: Wall = time.time) -> None:
        self._dynamodb = dynamodb
        self._name = name
        self._kind = kind
        self._wall = wall

    def put(self, entry: Entry) -> Written:
        """Store an entry, unless the table has the same or a newer one. Raise Permanent (refused), Transient.

        One call ("PutItem", Amazon DynamoDB API Reference). It replaces the whole item, so that no item is half of one
        event and half of another.
        """
        values = {":now": int(self._wall()), ":order": entry.order.number, ":digest": entry.order.digest}
        with failures_of_aws("refused", f"the {self._kind.value}s table could not be written"):
            with suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
                replaced = self._dynamodb.put_item(
                    TableName=self._name,
                    Item=_item(entry),
                    ConditionExpression=_IS_NEWEST,
                    ExpressionAttributeNames=_named(_IS_NEWEST),
                    ExpressionAttributeValues=_values(values),
                    ReturnValues="ALL_OLD",
                )
                return Written(is_newest=True, is_overdue=self._is_overdue(replaced.get("Attributes")))
            return Written(is_newest=False)

    def page(self, user: str, *, after_id: str | None = None, limit: int | None = None) -> EntryPage:
        """Return entries of a user by id, those after `after_id`. At most `limit` items are read, expired ones too.

        Raise Permanent (refused), Transient.
        """
        now = int(self._wall())
        items, next_id = self._query(
            user, after_id, {":now": now}, FilterExpression=_NOT_EXPIRED, **({} if limit is None else {"Limit": limit})
        )
        return EntryPage([_entry(self._kind, item) for item in items], next_id)

    def entries(self, user: str, after_id: str | None = None, items_per_call: int | None = None) -> Iterator[Entry]:
        """Yield the entries of a user by id, tombstones included. Only the table says where they end.

        Raise Permanent (refused), Transient.
        """
        while True:
            page = self.page(user, after_id=after_id, limit=items_per_call)
            yield from page.entries
            if page.next_id is None:
                return
            after_id = page.next_id

    def delete_user(self, user: str) -> int:
        """Delete all items of a user, also those that have expired, and return how many.

        Raise Permanent (refused), Transient; calling it again deletes the rest.
        """
        count, after_id = 0, None
        while True:
            items, after_id = self._query(user, after_id, {}, ProjectionExpression=_KEY)
            for first in range(0, len(items), _MOST_IN_BATCH):
                self._delete(items[first : first + _MOST_IN_BATCH])
            count += len(items)
            if after_id is None:
                return count

    def _query(
        self, user: str, after_id: str | None, values: Mapping[str, Any], **parameters: Any
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Call Query once (Amazon DynamoDB API Reference), and return the items and the id of the last one read."""
        start: Any = {"ExclusiveStartKey": {"User": {"S": user}, "Id": {"S": after_id}}} if after_id is not None else {}
        names = _named(_OF_USER, *map(str, parameters.values()))
        with failures_of_aws("refused", f"the {self._kind.value}s table could not be read"):
            answer = self._dynamodb.query(
                TableName=self._name,
                KeyConditionExpression=_OF_USER,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=_values({":user": user, **values}),
                ConsistentRead=True,
                **start,
                **parameters,
            )
        last = answer.get("LastEvaluatedKey")
        return answer["Items"], last["Id"]["S"] if last else None

    def _delete(self, keys: list[dict[str, Any]]) -> None:
        requests: Any = {self._name: [{"DeleteRequest": {"Key": key}} for key in keys]}
        with failures_of_aws("refused", f"the {self._kind.value}s table could not be written"):
            for _ in range(_MOST_ATTEMPTS):
                requests = self._dynamodb.batch_write_item(RequestItems=requests)["UnprocessedItems"]
                if not requests:
                    return
        raise Transient("transient", f"the {self._kind.value}s table did not delete all items")

    def _is_overdue(self, item: Mapping[str, Any] | None) -> bool:
        return item is not None and int(item["ExpiresAt"]["N"]) + OVERDUE_SECONDS < self._wall()


def _named(*expressions: str) -> dict[str, str]:
    """Return the names that the expressions use: DynamoDB rejects a name that is not used."""
    text = " ".join(expressions)
    return {placeholder: name for placeholder, name in _NAMES.items() if placeholder in text}


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in values.items()}


def _item(entry: Entry) -> dict[str, Any]:
    members = {
        "User": entry.user,
        "Id": entry.id,
        "State": entry.state.value,
        "OrderNumber": entry.order.number,
        "OrderDigest": entry.order.digest,
        "ExpiresAt": expires_at(entry.order.time_ms),
        "Content": dict(entry.content),
    }
    return _values(members)


def _entry(kind: Kind, item: Mapping[str, Any]) -> Entry:
    members = {name: _deserialize(value) for name, value in item.items()}
    content = {
        name: int(value) if not isinstance(value, (str, bool)) else value for name, value in members["Content"].items()
    }
    order = OrderValue.stored(int(members["OrderNumber"]), members["OrderDigest"])
    return Entry(kind, members["User"], members["Id"], order, State(members["State"]), content)
