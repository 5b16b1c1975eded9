"""The table of users in DynamoDB: who is filled since when, and who is forgotten.

One item for each user, which is one of the two. An item whose time to live is over counts as absent.
"""

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from loan_cache.expiry import FILLED_DAYS, expires_at
from loan_cache.order import Wall
from processor.retries import failures_of_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_IS_NOT_FORGOTTEN: Final = "attribute_not_exists(#forgotten_at) OR #expires_at <= :now"


class UserState(NamedTuple):
    """What is known of a user. Times are in milliseconds since 1970.

    `filled_at` is when the last fill of loans and requests started, None if it is missing or expired. `forgotten_at` is
    when the user was forgotten; until the marker expires, nothing of the user is stored.
    """

    filled_at: int | None = None
    forgotten_at: int | None = None


class UserTable:
    """The users table. Tests replace `wall`."""

    def __init__(self, dynamodb: "DynamoDBClient", name: str, wall: Wall = time.time) -> None:
        self._dynamodb = dynamodb
        self._name = name
        self._wall = wall

    def find(self, user: str) -> UserState:
        """Call GetItem once (Amazon DynamoDB API Reference). Raise Permanent (refused), Transient."""
        with failures_of_aws("refused", "the users table could not be read"):
            found = self._dynamodb.get_item(TableName=self._name, Key={"User": {"S": user}}, ConsistentRead=True)
        item: dict[str, Any] = found.get("Item", {})
        if not item or int(item["ExpiresAt"]["N"]) <= self._wall():
            return UserState()
        return UserState(_number(item, "FilledAt"), _number(item, "ForgottenAt"))

    def mark_filled(self, user: str, started_ms: int) -> bool:
        """Note that a fill which started at this time is complete. Return False if the user is forgotten.

        Raise Permanent (refused), Transient.
        """
        return self._put_unless_forgotten(
            user, {"FilledAt": started_ms, "ExpiresAt": expires_at(started_ms, FILLED_DAYS)}
        )

    def unmark_filled(self, user: str) -> None:
        """Let a user count as not filled; the marker of a forgotten user stays. Raise Permanent (refused), Transient.

        The item expires at once, and DynamoDB deletes it: fills need no right to delete from this table.
        """
        if self.find(user).filled_at is not None:
            self._put_unless_forgotten(user, {"ExpiresAt": int(self._wall())})

    def mark_forgotten(self, user: str) -> int:
        """Put the marker in place of what is known of the user. Return its time to live, in seconds since 1970.

        Raise Permanent (refused), Transient.
        """
        now_ms = round(self._wall() * 1000)
        seconds = expires_at(now_ms)
        self._put(user, {"ForgottenAt": now_ms, "ExpiresAt": seconds})
        return seconds

    def _put_unless_forgotten(self, user: str, numbers: dict[str, int]) -> bool:
        return self._put(
            user,
            numbers,
            ConditionExpression=_IS_NOT_FORGOTTEN,
            ExpressionAttributeNames={"#forgotten_at": "ForgottenAt", "#expires_at": "ExpiresAt"},
            ExpressionAttributeValues={":now": {"N": str(int(self._wall()))}},
        )

    def _put(self, user: str, numbers: dict[str, int], **condition: Any) -> bool:
        """Call PutItem once (Amazon DynamoDB API Reference), and return whether the condition held."""
        item: Any = {"User": {"S": user}, **{name: {"N": str(number)} for name, number in numbers.items()}}
        with failures_of_aws("refused", "the users table could not be written"):
            with suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
                self._dynamodb.put_item(TableName=self._name, Item=item, **condition)
                return True
            return False


def _number(item: dict[str, Any], name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None
