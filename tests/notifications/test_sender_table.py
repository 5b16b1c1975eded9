"""The table of the sender: the same conditions and changes in memory and in DynamoDB by moto."""

import itertools
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from notifications.sender_table import KEPT_SECONDS, ItemPut, ItemUpdate, SenderTable, Updated
from processor.errors import DeliveryUncertain
from tests.notifications.memory_table import MemoryTable

pytestmark = pytest.mark.usefixtures("shared_aws")

NOW = 1_780_000_000.0
EXPIRATION = str(round(NOW) + KEPT_SECONDS)


NAMES = (f"sender-{number}" for number in itertools.count())


def dynamodb_table(wall: Callable[[], float]) -> SenderTable:
    """Return a real table, new on moto."""
    client, name = boto3.client("dynamodb"), next(NAMES)
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return SenderTable(client, name, wall)


@pytest.fixture(params=[MemoryTable, dynamodb_table], ids=["memory", "dynamodb"])
def table(request: pytest.FixtureRequest) -> SenderTable:
    """An empty table."""
    made: SenderTable = request.param(lambda: NOW)
    return made


# Every form of condition that the sender uses, with items and whether it holds.
CONDITIONS: list[tuple[str, dict[str, int | str], dict[str, str | int] | None, bool]] = [
    ("attribute_not_exists(id)", {}, None, True),
    ("attribute_not_exists(id)", {}, {"free": 1}, False),
    ("attribute_not_exists(id) OR write_id = :mine", {":mine": "a"}, None, True),
    ("attribute_not_exists(id) OR write_id = :mine", {":mine": "a"}, {"write_id": "a"}, True),
    ("attribute_not_exists(id) OR write_id = :mine", {":mine": "a"}, {"write_id": "b"}, False),
    ("attribute_not_exists(id) OR write_id = :mine", {":mine": "a"}, {"other": "a"}, False),
    ("write_id = :seen OR write_id = :mine", {":seen": "a", ":mine": "b"}, None, False),
    ("write_id = :seen OR write_id = :mine", {":seen": "a", ":mine": "b"}, {"write_id": "a"}, True),
    ("write_id = :seen OR write_id = :mine", {":seen": "a", ":mine": "b"}, {"write_id": "b"}, True),
    ("write_id = :seen OR write_id = :mine", {":seen": "a", ":mine": "b"}, {"write_id": "c"}, False),
    ("free_at >= :soon", {":soon": 10}, None, False),
    ("free_at >= :soon", {":soon": 10}, {"free_at": 9}, False),
    ("free_at >= :soon", {":soon": 10}, {"free_at": 10}, True),
    ("free_at >= :soon", {":soon": 10}, {"free_at": 100}, True),
    ("attribute_not_exists(free_at) OR free_at < :soon", {":soon": 10}, None, True),
    ("attribute_not_exists(free_at) OR free_at < :soon", {":soon": 10}, {"paused_until": 99}, True),
    ("attribute_not_exists(free_at) OR free_at < :soon", {":soon": 10}, {"free_at": 9}, True),
    ("attribute_not_exists(free_at) OR free_at < :soon", {":soon": 10}, {"free_at": 10}, False),
    ("attribute_not_exists(is_closed)", {}, {"summarized": 3}, True),
    ("attribute_not_exists(is_closed)", {}, {"is_closed": 1}, False),
]


def test_a_write_happens_if_its_condition_holds(table: SenderTable) -> None:
    """An update, a put and a transaction agree, and a write whose condition does not hold changes nothing."""
    for number, case in enumerate(CONDITIONS):
        condition, values, item, expected = case
        updated, replaced, other, last = (f"{number}-{name}" for name in ("updated", "put", "other", "last"))
        if item is not None:
            for item_id in (updated, replaced, last):
                create(table, item_id, item)
        change = ItemUpdate(updated, "SET marked = :mark", {**values, ":mark": 7}, condition)
        assert (table.update(change).holds, table.get(updated).get("marked") == "7") == (expected, expected), case
        if values:  # a put always has values
            done = table.put(ItemPut(replaced, {"marked": 7}, condition, values))
            assert (done, table.get(replaced).get("marked") == "7") == (expected, expected), case
            unconditional = ItemUpdate(other, "SET marked = :mark", {":mark": 7})
            both = table.update_and_put(unconditional, ItemPut(last, {"marked": 7}, condition, values))
            assert (both, "marked" in table.get(other)) == ((True, expected), expected), case


def create(table: SenderTable, item_id: str, attributes: dict[str, Any]) -> None:
    assert table.put(ItemPut(item_id, attributes, "attribute_not_exists(id) OR id = :none", {":none": ""}))


def test_a_change_sets_adds_and_counts_from_nothing(table: SenderTable) -> None:
    """The changed item is returned, with the time when it expires."""
    one_more = ItemUpdate("a", "SET taken = if_not_exists(taken, :none) + :one", {":none": 0, ":one": 1})
    assert table.update(one_more) == Updated(holds=True, attributes={"id": "a", "taken": "1", "expiration": EXPIRATION})
    assert table.update(one_more).attributes["taken"] == "2"
    both = ItemUpdate("a", "SET is_closed = :yes, taken = if_not_exists(taken, :none)", {":yes": 1, ":none": 0})
    assert table.update(both).attributes == {"id": "a", "is_closed": "1", "taken": "2", "expiration": EXPIRATION}
    later = ItemUpdate("a", "SET taken = taken + :apart", {":apart": 1000})
    assert table.update(later).attributes["taken"] == "1002"
    assert table.get("a") == {"id": "a", "taken": "1002", "is_closed": "1", "expiration": EXPIRATION}


def test_the_item_in_the_way_is_returned(table: SenderTable) -> None:
    """An update whose condition does not hold returns the item as it is."""
    create(table, "a", {"taken": 12, "has_carrier": 1})
    found = table.update(ItemUpdate("a", "SET taken = :one", {":one": 1, ":most": 12}, "taken < :most"))
    assert not found.holds
    assert found.attributes == {"id": "a", "taken": "12", "has_carrier": "1", "expiration": EXPIRATION}


@pytest.mark.parametrize(("is_open", "is_new"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_transaction_writes_both_items_or_neither(table: SenderTable, *, is_open: bool, is_new: bool) -> None:
    """It says which of the conditions did not hold."""
    if not is_open:
        create(table, "count", {"is_closed": 1})
    if not is_new:
        create(table, "record", {"write_id": "other"})
    update = ItemUpdate("count", "SET summarized = :one", {":one": 1}, "attribute_not_exists(is_closed)")
    put = ItemPut("record", {"write_id": "mine"}, "attribute_not_exists(id) OR write_id = :mine", {":mine": "mine"})
    assert table.update_and_put(update, put) == (is_open, is_new)
    assert ("summarized" in table.get("count")) is (is_open and is_new)
    assert (table.get("record").get("write_id") == "mine") is (is_open and is_new)


def test_a_missing_item_has_no_attributes(table: SenderTable) -> None:
    """Nothing is raised for it."""
    assert table.get("missing") == {}


def test_an_error_of_dynamodb_is_described_by_its_code() -> None:
    """The failure is transient, and its text has nothing of AWS but the code."""
    client = boto3.client("dynamodb")
    table = SenderTable(client, "sender", lambda: NOW)
    put = ItemPut("a", {"b": 1}, "attribute_not_exists(id) OR b = :b", {":b": 1})
    update = ItemUpdate("a", "SET b = :b", {":b": 1})
    calls: dict[str, Callable[[], object]] = {
        "get_item": lambda: table.get("a"),
        "put_item": lambda: table.put(put),
        "update_item": lambda: table.update(update),
        "transact_write_items": lambda: table.update_and_put(update, put),
    }
    for operation, call in calls.items():
        with Stubber(client) as stub:
            stub.add_client_error(operation, "ThrottlingException", "patron-4711")
            with pytest.raises(DeliveryUncertain, match=r"AWS returned ThrottlingException$"):
                call()


def test_a_conflict_of_transactions_is_a_failure_and_not_a_condition() -> None:
    """Nothing is known about the conditions then, so the caller tries again."""
    client = boto3.client("dynamodb")
    table = SenderTable(client, "sender", lambda: NOW)
    with Stubber(client) as stub:
        reasons = {"CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}]}
        stub.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=reasons)
        with pytest.raises(DeliveryUncertain, match="TransactionCanceledException"):
            table.update_and_put(ItemUpdate("a", "SET b = :b", {":b": 1}), ItemPut("c", {}, "id = :d", {":d": "e"}))
