"""Provide the lock that one operator's command at a time holds while it changes something: an item in DynamoDB.

"PutItem", "UpdateItem" and "Condition expressions", Amazon DynamoDB Developer Guide.
"""

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from ingest.envelope import rfc3339
from scripts.aws.clock import Clock
from scripts.cli.exit_codes import FailedError, RejectedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SECONDS: Final = 60

_FREE_OR_MINE: Final = "attribute_not_exists(id) OR #expiration <= :now OR #token = :token"
_MINE: Final = "#token = :token"


class Holder(NamedTuple):
    """Who holds a lock: the caller's ARN, the command, and since and until when (RFC 3339, UTC)."""

    who: str
    command: str
    since: str
    until: str


class OperatorLock:
    """A lock in a table, by its name, for `seconds` at a time. `clock` is AWS's, in seconds since 1970.

    Every method raises botocore's errors too.
    """

    def __init__(
        self, dynamodb: "DynamoDBClient", table: str, name: str, *, who: str, command: str, clock: Clock, seconds: int
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._name = name
        self.who = who
        self._command = command
        self._clock = clock
        self._seconds = seconds
        self._token = secrets.token_hex(16)
        self._renewed = 0.0

    def acquire(self) -> None:
        """Acquire the lock if it is free or has expired. Raise RejectedError, which names the holder, if not."""
        now = self._clock()
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=self._item(now),
                ConditionExpression=_FREE_OR_MINE,  # or mine: the SDK may repeat a call whose answer was lost
                ExpressionAttributeNames={"#expiration": "expiration", "#token": "token"},
                ExpressionAttributeValues={":now": {"N": str(int(now))}, ":token": {"S": self._token}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            raise RejectedError(self._held_by(self.holder())) from None
        self._renewed = now

    def renew(self) -> None:
        """Renew the lock when a third of its time is over. Raise FailedError if another command has acquired it.

        A renewal that took long is repeated. So two thirds of the time are left for the next call, and by default no
        attempt at a call takes as long.
        """
        while (now := self._clock()) - self._renewed >= self._seconds / 3:
            self._extend(now)

    def _extend(self, now: float) -> None:
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": self._name}},
                UpdateExpression="SET #expiration = :expiration",
                ConditionExpression=_MINE,
                ExpressionAttributeNames={"#expiration": "expiration", "#token": "token"},
                ExpressionAttributeValues={":expiration": self._expiration(now), ":token": {"S": self._token}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            raise FailedError(self._lost_to(self.holder())) from None
        self._renewed = now

    def release(self) -> None:
        """Release the lock if it is still ours."""
        with suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
            self._dynamodb.delete_item(
                TableName=self._table,
                Key={"id": {"S": self._name}},
                ConditionExpression=_MINE,
                ExpressionAttributeNames={"#token": "token"},
                ExpressionAttributeValues={":token": {"S": self._token}},
            )

    def holder(self) -> Holder | None:
        """Return who holds the lock, or held it last; None if nobody does."""
        key: dict[str, AttributeValueTypeDef] = {"id": {"S": self._name}}
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        if not item:
            return None
        who, command = (item.get(name, {}).get("S", "somebody") for name in ("who", "command"))
        since, until = (rfc3339(float(item.get(name, {}).get("N", 0))) for name in ("since", "expiration"))
        return Holder(who, command, since, until)

    def _item(self, now: float) -> "dict[str, AttributeValueTypeDef]":
        texts = {"id": self._name, "token": self._token, "who": self.who, "command": self._command}
        item: dict[str, AttributeValueTypeDef] = {name: {"S": text} for name, text in texts.items()}
        return item | {"since": {"N": str(int(now))}, "expiration": self._expiration(now)}

    def _expiration(self, now: float) -> "AttributeValueTypeDef":
        return {"N": str(int(now) + self._seconds)}

    def _held_by(self, holder: Holder | None) -> str:
        if holder is None:
            return f"Another command has just finished changing {self._things}: run this one again."
        return (
            f"{holder.who} has been changing {self._things} since {holder.since} with the command {holder.command}. "
            f"Wait until it ends, or until {holder.until} if it was killed."
        )

    def _lost_to(self, holder: Holder | None) -> str:
        lost = (
            f"{holder.who} has held it since {holder.since} with the command {holder.command}"
            if holder
            else "another command has acquired and released it"
        )
        return f"The lock on {self._things} was not renewed in time, and {lost}: this command changes nothing more."

    @property
    def _things(self) -> str:
        return f"the {self._name.replace('-', ' ')}"
