"""A second implementation of the calls of DynamoDB that the cache makes, in memory, with conditions of its own.

It is much faster than moto, and neither is the only judge: a test compares the two.
"""

# ruff: noqa: N803 -- parameters have the names that boto3 gives them

from types import SimpleNamespace
from typing import Any

from loan_cache.order import Wall
from loan_cache.settings import TableNames
from loan_cache.writer import Writer

from tests.interleavings.conditions import condition
from tests.interleavings.other_clients import ConditionalCheckFailedException

Item = dict[str, Any]


class MemoryDynamoDb:
    """Tables by name; an item has the key `User`, or `User` and `Id`. Nothing is ever deleted by its time to live.

    A query reads at most `page_items`, before its filter.
    """

    exceptions = SimpleNamespace(ConditionalCheckFailedException=ConditionalCheckFailedException)

    def __init__(self, page_items: int = 100_000) -> None:
        self.page_items = page_items
        self.tables: dict[str, dict[tuple[str, str], Item]] = {"users": {}, "loans": {}, "requests": {}}

    def put_item(self, *, TableName: str, Item: Item, **more: Any) -> Item:
        """Put an item, if the condition holds for the one in its place."""
        table, key = self.tables[TableName], _key(Item)
        old = table.get(key)
        if expression := more.get("ConditionExpression"):
            names, values = more["ExpressionAttributeNames"], more["ExpressionAttributeValues"]
            if not condition(expression)(old or {}, names, values):
                raise ConditionalCheckFailedException(None)
        table[key] = Item
        return {"Attributes": old} if old and more.get("ReturnValues") == "ALL_OLD" else {}

    def get_item(self, *, TableName: str, Key: Item, **_: Any) -> Item:
        """Return an item, if there is one."""
        item = self.tables[TableName].get(_key(Key))
        return {"Item": item} if item else {}

    def query(self, *, TableName: str, ExpressionAttributeValues: Item, **more: Any) -> Item:
        """Return a page of the items of a user, those that have expired only if there is no filter."""
        user, now = ExpressionAttributeValues[":user"]["S"], ExpressionAttributeValues.get(":now", {"N": "0"})["N"]
        after = _key(more["ExclusiveStartKey"]) if "ExclusiveStartKey" in more else ("", "")
        found = [item for key, item in sorted(self.tables[TableName].items()) if key[0] == user and key > after]
        read = found[: min(self.page_items, more.get("Limit", self.page_items))]
        last = {"LastEvaluatedKey": {name: read[-1][name] for name in ("User", "Id")}} if len(read) < len(found) else {}
        if "FilterExpression" in more:
            read = [item for item in read if int(item["ExpiresAt"]["N"]) > int(now)]
        return {"Items": read, **last}

    def batch_write_item(self, *, RequestItems: dict[str, list[Item]]) -> Item:
        """Delete items."""
        for table, requests in RequestItems.items():
            for request in requests:
                self.tables[table].pop(_key(request["DeleteRequest"]["Key"]), None)
        return {"UnprocessedItems": {}}


def _key(item: Item) -> tuple[str, str]:
    return item["User"]["S"], item.get("Id", {"S": ""})["S"]


def memory_writer(dynamodb: MemoryDynamoDb, wall: Wall) -> Writer:
    """Return the writer of the tables."""
    client: Any = dynamodb
    return Writer.of(client, TableNames("users", "loans", "requests"), wall)
