"""The table of the sender in DynamoDB: items with conditional writes, and failures without the text of AWS.

It has the records of notifications, the slots of destinations and the counts of bursts, each with its own prefix.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from processor.errors import DeliveryUncertain
from processor.retries import code_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# As long as the records of the processor's deliveries. DynamoDB deletes items some days after they expired.
KEPT_SECONDS = 90 * 86_400

# "TransactWriteItems", Amazon DynamoDB API Reference: why an item of a transaction was not written.
_CONDITION_FAILED = "ConditionalCheckFailed"

Values = Mapping[str, str | int]


def digest(*parts: str) -> str:
    """Return a name for these parts that does not show them: 64 hex digits."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class ItemPut(NamedTuple):
    """Replaces an item by one with these attributes, if the condition holds."""

    id: str
    attributes: Values
    condition: str
    values: Values


class ItemUpdate(NamedTuple):
    """Changes an item, or creates it, if the condition holds. `change` is `SET …`."""

    id: str
    change: str
    values: Values
    condition: str = ""


class Updated(NamedTuple):
    """Whether the condition held, and the attributes of the item, as it is now in either case."""

    holds: bool
    attributes: dict[str, str]


class SenderTable:
    """Attributes are texts and whole numbers; both are read as texts. `wall` is the time in seconds since 1970."""

    def __init__(self, dynamodb: "DynamoDBClient", name: str, wall: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._name = name
        self._wall = wall

    def get(self, item_id: str) -> dict[str, str]:
        """Return the attributes of an item as of now; none if there is no item. Raise DeliveryUncertain."""
        with _failures():
            found = self._dynamodb.get_item(TableName=self._name, Key=_typed({"id": item_id}), ConsistentRead=True)
        return _texts(found.get("Item", {}))

    def put(self, item: ItemPut) -> bool:
        """Return whether the condition held. Raise DeliveryUncertain."""
        with _failures():
            try:
                self._dynamodb.put_item(**self._put(item))
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def update(self, item: ItemUpdate) -> Updated:
        """Change one item. Raise DeliveryUncertain."""
        asked: Any = {"ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        with _failures():
            try:
                answer: Any = self._dynamodb.update_item(**self._update(item), **asked)
            except self._dynamodb.exceptions.ConditionalCheckFailedException as failed:
                return Updated(holds=False, attributes=_texts(_item_in_the_way(failed)))
        return Updated(holds=True, attributes=_texts(answer.get("Attributes", {})))

    def update_and_put(self, update: ItemUpdate, put: ItemPut) -> tuple[bool, bool]:
        """Write both items or neither. Return whether the condition of each held. Raise DeliveryUncertain."""
        items: Any = [{"Update": self._update(update)}, {"Put": self._put(put)}]
        with _failures():
            try:
                self._dynamodb.transact_write_items(TransactItems=items)
            except self._dynamodb.exceptions.TransactionCanceledException as cancelled:
                reasons = [reason.get("Code") for reason in cancelled.response.get("CancellationReasons", [])]
                if _CONDITION_FAILED not in reasons:
                    raise
                return reasons[0] != _CONDITION_FAILED, reasons[1] != _CONDITION_FAILED
        return True, True

    def _put(self, item: ItemPut) -> dict[str, Any]:
        return {
            "TableName": self._name,
            "Item": _typed({"id": item.id, **item.attributes, "expiration": self._expiration}),
            "ConditionExpression": item.condition,
            "ExpressionAttributeValues": _typed(item.values),
        }

    def _update(self, item: ItemUpdate) -> dict[str, Any]:
        condition = {"ConditionExpression": item.condition} if item.condition else {}
        return {
            "TableName": self._name,
            "Key": _typed({"id": item.id}),
            "UpdateExpression": item.change.replace("SET ", "SET expiration = :expiration, ", 1),
            "ExpressionAttributeValues": _typed({**item.values, ":expiration": self._expiration}),
            **condition,
        }

    @property
    def _expiration(self) -> int:
        return round(self._wall()) + KEPT_SECONDS


def _typed(attributes: Values) -> dict[str, Any]:
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in attributes.items()}


def _texts(item: Mapping[str, Any]) -> dict[str, str]:
    return {name: next(iter(value.values())) for name, value in item.items()}


def _item_in_the_way(failed: ClientError) -> Any:
    response: Any = failed.response  # its type has no item
    return response.get("Item", {})


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        reason = f"the table of the sender could not be read or written: AWS returned {code_of(error)}"
        raise DeliveryUncertain("transient", reason) from None
