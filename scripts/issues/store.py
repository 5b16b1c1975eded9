"""Read and write the table of issues: what operators have set. A record is only changed if it is still as it was read.

"Condition expressions", Amazon DynamoDB Developer Guide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from scripts.cli.times import milliseconds, moment_of_milliseconds
from scripts.issues.cause import IssueCause

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

KEPT: Final = timedelta(days=90)
"""How long a record is kept after its last change."""


class IssueState(StrEnum):
    """What operators think of an issue."""

    open = "open"
    acknowledged = "acknowledged"
    resolved = "resolved"


@dataclass(frozen=True)
class IssueRecord:
    """What the table has about an issue: its cause, what an operator has set, and what was known of it then.

    `revision` counts the changes, from 1. Failures later than `last_seen` are not known to whom changed it.
    """

    cause: IssueCause
    revision: int
    state: IssueState
    note: str
    changed_by: str
    changed_at: datetime
    first_seen: datetime
    last_seen: datetime
    count: int
    example: str

    def item(self) -> dict[str, str | int]:
        """Return the members of the item; times are in milliseconds since 1970, the expiration in seconds."""
        texts = {name: str(getattr(self, name)) for name in ("state", "note", "changed_by", "example")}
        times = {name: milliseconds(getattr(self, name)) for name in ("changed_at", "first_seen", "last_seen")}
        return {
            "id": self.cause.key,
            "cause": self.cause.as_text(),
            "revision": self.revision,
            "count": self.count,
            "expiration": milliseconds(self.changed_at + KEPT) // 1000,
            **texts,
            **times,
        }

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "IssueRecord":
        """Convert an item. Raise ValueError or KeyError for one that another program wrote."""
        return cls(
            IssueCause.parse(item["cause"]),
            int(item["revision"]),
            IssueState(item["state"]),
            str(item["note"]),
            str(item["changed_by"]),
            moment_of_milliseconds(int(item["changed_at"])),
            moment_of_milliseconds(int(item["first_seen"])),
            moment_of_milliseconds(int(item["last_seen"])),
            int(item["count"]),
            str(item["example"]),
        )


@dataclass(frozen=True)
class IssueStore:
    """The table of issues, by key. Every method raises botocore's errors."""

    dynamodb: "DynamoDBClient"
    table: str

    def all(self, now: datetime) -> dict[str, IssueRecord]:
        """Return the records by key. Expired ones, which DynamoDB deletes later, and invalid ones are left out."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
        found = [_record(item) for page in pages for item in page["Items"]]
        return {each.cause.key: each for each in found if each and each.changed_at + KEPT > now}

    def find(self, key: str) -> IssueRecord | None:
        """Return the record with this key, or None."""
        answer = self.dynamodb.get_item(TableName=self.table, Key={"id": {"S": key}}, ConsistentRead=True)
        return _record(answer["Item"]) if answer.get("Item") else None

    def put(self, record: IssueRecord) -> bool:
        """Write a record in the place of the revision before it. Return False if that was changed meanwhile."""
        item = {name: _attribute(value) for name, value in record.item().items()}
        try:
            self.dynamodb.put_item(TableName=self.table, Item=item, **_follows(record.revision))
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            # The SDK may have repeated a call whose answer was lost.
            now = self.find(record.cause.key)
            return now is not None and now.item() == record.item()
        return True


def _follows(revision: int) -> dict[str, Any]:
    """Return the condition that the item is of the revision before, or that there is none."""
    if revision == 1:
        return {"ConditionExpression": "attribute_not_exists(id)"}
    before = {":before": {"N": str(revision - 1)}}
    return {"ConditionExpression": "revision = :before", "ExpressionAttributeValues": before}


def _attribute(value: str | int) -> "AttributeValueTypeDef":
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def _record(raw: Mapping[str, Any]) -> IssueRecord | None:
    try:
        return IssueRecord.of({name: next(iter(value.values())) for name, value in raw.items()})
    except (ValueError, KeyError, TypeError):
        return None
