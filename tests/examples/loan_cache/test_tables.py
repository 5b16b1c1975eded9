"""Tests of the tables of loans and requests."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from loan_cache.entry import Content, Entry, Kind, State
from loan_cache.expiry import KEPT_DAYS, OVERDUE_SECONDS
from loan_cache.order import OrderValue, Rank
from loan_cache.tables import EntryTable, Written

from processor.errors import Permanent, Transient
from tests.examples.loan_cache.bodies import NOW, USER
from tests.examples.loan_cache.conftest import Cache
from tests.examples.loan_cache.expressions import bare_names
from tests.examples.loan_cache.memory_dynamodb import MemoryDynamoDb
from tests.examples.loan_cache.order_cases import CASES
from tests.examples.loan_cache.template import TEMPLATE, properties

NOW_MS = round(NOW * 1000)
DAY = 86_400
CONTENT: Content = {"title": "Tides of the Inner Harbour", "renewable": False, "place_in_queue": 3}


def loan(order: OrderValue | None = None, *, id_: str = "L1", user: str = USER) -> Entry:
    return Entry(Kind.LOAN, user, id_, order or OrderValue(NOW_MS, Rank.CHANGED, "5a"), State.ACTIVE, CONTENT)


@pytest.fixture
def table(cache: Cache) -> EntryTable:
    return cache.writer.tables[Kind.LOAN]


@pytest.mark.parametrize(("place", "is_newest"), CASES)
def test_only_what_is_greater_in_the_order_replaces_an_entry(
    table: EntryTable, place: tuple[int, Rank, str], is_newest: bool
) -> None:
    """The same entry again is not newer either."""
    assert table.put(loan()) == Written(is_newest=True)
    other = replace(loan(OrderValue(NOW_MS + place[0], *place[1:])), content={"title": "Other"})
    assert table.put(other) == Written(is_newest)
    assert list(table.entries(USER)) == [other if is_newest else loan()]


def test_an_entry_comes_back_as_it_was_stored(table: EntryTable) -> None:
    """With its order value, flags and numbers."""
    table.put(loan())
    [found] = table.entries(USER)
    assert found == loan()
    assert {type(value) for value in found.content.values()} == {str, bool, int}


def test_the_time_to_live_is_a_number_of_seconds(cache: Cache, table: EntryTable) -> None:
    """It is in the attribute that the template names, for all three tables."""
    table.put(loan())
    [item] = cache.dynamodb.scan(TableName="loans")["Items"]
    assert item["ExpiresAt"] == {"N": str(int(NOW) + KEPT_DAYS * DAY)}
    for name in ("UsersTable", "LoansTable", "RequestsTable"):
        assert properties(name)["TimeToLiveSpecification"] == {"AttributeName": "ExpiresAt", "Enabled": True}


def test_an_expired_item_is_absent_when_read_and_when_written(cache: Cache, table: EntryTable) -> None:
    """DynamoDB deletes it days later; until then nothing may take it for a loan, and nothing loses against it."""
    table.put(loan())
    cache.clock.now = NOW + KEPT_DAYS * DAY - 1
    assert list(table.entries(USER)) == [loan()]
    cache.clock.now += 1
    assert list(table.entries(USER)) == []
    older = loan(OrderValue(NOW_MS - 1, Rank.CREATED, "00"))
    assert table.put(older) == Written(is_newest=True)


def test_an_item_that_outlives_its_time_by_a_week_is_noticed(cache: Cache, table: EntryTable) -> None:
    """Then DynamoDB does not delete what has expired, which nothing else would show."""
    table.put(loan())
    cache.clock.now = NOW + KEPT_DAYS * DAY + OVERDUE_SECONDS + 1
    assert table.put(loan(OrderValue(round(cache.clock.now * 1000), Rank.CHANGED, ""))) == Written(
        is_newest=True, is_overdue=True
    )


def test_entries_of_another_user_are_neither_read_nor_deleted(table: EntryTable) -> None:
    """The user is the partition key."""
    table.put(loan())
    table.put(loan(user="invented-patron-10"))
    assert table.delete_user(USER) == 1
    assert list(table.entries("invented-patron-10")) == [loan(user="invented-patron-10")]


def test_pages_end_only_where_dynamodb_says_so(cache: Cache, table: EntryTable) -> None:
    """A page of expired items is empty and has a next one."""
    old = NOW_MS - (KEPT_DAYS - 1) * DAY * 1000
    for number in range(6):
        table.put(loan(OrderValue(old if number < 4 else NOW_MS, Rank.CHANGED, ""), id_=f"L{number}"))
    cache.clock.now = NOW + 2 * DAY
    first = table.page(USER, limit=2)
    assert (first.entries, first.next_id) == ([], "L1")
    last = table.page(USER, after_id="L3", limit=10)
    assert ([each.id for each in last.entries], last.next_id) == (["L4", "L5"], None)
    assert table.delete_user(USER) == 6


class Counting(MemoryDynamoDb):
    """Counts calls, has pages of 5,000 items, and deletes only twenty of a batch at once."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        self.calls += 1
        assert not bare_names(parameters)
        return super().put_item(**parameters)

    def query(self, **parameters: Any) -> dict[str, Any]:
        self.calls += 1
        start = parameters.get("ExclusiveStartKey", {"Id": {"S": ""}})["Id"]["S"]
        found = [item for item in super().query(**parameters)["Items"] if item["Id"]["S"] > start]
        page = found[:5000]
        return {"Items": page} | ({"LastEvaluatedKey": {"Id": page[-1]["Id"]}} if len(found) > len(page) else {})

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        [(table, requests)] = RequestItems.items()
        assert len(requests) <= 25
        super().batch_write_item(RequestItems={table: requests[:20]})
        return {"UnprocessedItems": {table: requests[20:]} if requests[20:] else {}}


def test_a_user_with_20000_loans_takes_one_call_for_an_event_and_few_for_the_rest() -> None:
    """The work for an event does not grow with the number of loans; reading and deleting take whole pages."""
    dynamodb: Any = Counting()
    table = EntryTable(dynamodb, "loans", Kind.LOAN, lambda: NOW)
    table.put(loan(id_="L00000"))
    [item] = dynamodb.tables["loans"].values()
    for id_ in (f"L{number:05}" for number in range(20_000)):
        dynamodb.tables["loans"][USER, id_] = {**item, "Id": {"S": id_}}
    dynamodb.calls = 0
    assert table.put(loan(OrderValue(NOW_MS + 1, Rank.FINAL, ""), id_="L00001")).is_newest
    assert dynamodb.calls == 1
    dynamodb.calls = 0
    assert len(list(table.entries(USER))) == 20_000
    assert dynamodb.calls == 4
    dynamodb.calls = 0
    assert table.delete_user(USER) == 20_000
    assert dynamodb.calls == 4 + 2 * 800


class Failing(MemoryDynamoDb):
    """Answers every call with an error."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def _fail(self, **_: Any) -> dict[str, Any]:
        raise self._error

    put_item = query = get_item = batch_write_item = _fail


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ProvisionedThroughputExceededException", Transient),
        ("ThrottlingException", Transient),
        ("RequestLimitExceeded", Transient),
        ("InternalServerError", Transient),
        ("", Transient),
        ("AccessDeniedException", Permanent),
        ("ResourceNotFoundException", Permanent),
        ("ValidationException", Permanent),
    ],
)
def test_throttling_is_transient_and_a_missing_right_is_not(code: str, kind: type[Exception]) -> None:
    """A hot user can exceed what a partition accepts, and the message comes back; no reason has a key."""
    lost = ConnectTimeoutError(endpoint_url="https://dynamodb.invalid")
    error: Exception = ClientError({"Error": {"Code": code, "Message": USER}}, "PutItem") if code else lost
    dynamodb: Any = Failing(error)
    table = EntryTable(dynamodb, "loans", Kind.LOAN, lambda: NOW)
    for call in (lambda: table.put(loan()), lambda: table.page(USER), lambda: table.delete_user(USER)):
        with pytest.raises(kind, match="the loans table could not be") as caught:
            call()
        assert USER not in str(caught.value)


def test_what_is_not_deleted_in_five_attempts_is_transient() -> None:
    """BatchWriteItem says what it did not do; the caller tries again later."""
    dynamodb: Any = MemoryDynamoDb()
    dynamodb.batch_write_item = lambda RequestItems: {"UnprocessedItems": RequestItems}  # noqa: N803
    table = EntryTable(dynamodb, "loans", Kind.LOAN, lambda: NOW)
    table.put(loan())
    with pytest.raises(Transient, match="did not delete all"):
        table.delete_user(USER)


def test_bare_names_are_found() -> None:
    """The check that all tests of the cache make of each request can fail."""
    assert bare_names({"ConditionExpression": "attribute_not_exists(status) OR #ttl <= :now"}) == {"status"}
    assert bare_names({"ProjectionExpression": "#user, name"}) == {"name"}
    assert bare_names({"TransactItems": [{"Put": {"ConditionExpression": "user = :user"}}]}) == {"user"}
    assert not bare_names({"UpdateExpression": "SET #a = if_not_exists(#b, :c)", "TableName": "status"})


def test_the_template_declares_the_keys_that_the_tables_use() -> None:
    """User, and the id for entries; all on demand, so that nothing has to be sized for the busiest hour."""
    tables = [name for name, each in TEMPLATE["Resources"].items() if each["Type"] == "AWS::DynamoDB::Table"]
    keys = {name: [key["AttributeName"] for key in properties(name)["KeySchema"]] for name in tables}
    assert keys == {
        "UsersTable": ["User"],
        "LoansTable": ["User", "Id"],
        "RequestsTable": ["User", "Id"],
        "PaceTable": ["id"],  # as `notifications.sender_table` has it
    }
    assert {properties(name)["BillingMode"] for name in tables} == {"PAY_PER_REQUEST"}
