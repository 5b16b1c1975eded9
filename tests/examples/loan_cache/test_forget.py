"""Tests of forgetting a patron: nothing returns, and every place with a copy is listed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from loan_cache.entry import Entry, Kind, State
from loan_cache.expiry import KEPT_DAYS
from loan_cache.forget import ELSEWHERE, forget
from loan_cache.order import order_of_fill

from tests.examples.loan_cache.bodies import NOW, USER, loan, request
from tests.examples.loan_cache.conftest import Cache
from tests.examples.loan_cache.memory_dynamodb import MemoryDynamoDb
from tests.examples.loan_cache.template import TEMPLATE

DAY = 86_400
MOMENT = datetime.fromtimestamp(NOW, UTC)


def stored(cache: Cache) -> int:
    """Return the number of items of the patron, expired ones included."""
    tables = ("loans", "requests")
    return sum(cache.dynamodb.scan(TableName=table)["Count"] for table in tables)


def fill(cache: Cache) -> Any:
    """Store what a fill found, and mark the user as filled, as far as the marker allows it."""
    started = round(cache.clock.now * 1000)
    entry = Entry(Kind.LOAN, USER, "L2", order_of_fill(started), State.ACTIVE, {"title": "Invented"})
    return cache.writer.write(USER, [entry]), cache.writer.users.mark_filled(USER, started)


def test_f94_nothing_returns_by_a_late_event_a_fill_or_a_replay(cache: Cache) -> None:
    """Loans, requests and tombstones are deleted, and until the marker expires nothing is stored."""
    events = [loan(), loan("LOAN_RETURNED", loan_id="L3"), request(), loan(title=None, loan_id="L4")]
    for body in events:
        cache.take(body)
    assert forget(cache.writer, USER, MOMENT).deleted == 4
    cache.clock.now = NOW + DAY
    later = loan("LOAN_CREATED", "2026-05-21T11:00:00Z", loan_id="L9")
    assert {cache.take(body)["outcome"] for body in [*events, later]} == {"forgotten"}
    assert fill(cache) == (None, False)
    assert stored(cache) == 0
    assert cache.count_fills() == 1  # the one before


def test_a_patron_who_stays_is_cached_again_after_the_stated_time(cache: Cache) -> None:
    """By then all earlier events are too old, so only later ones are stored."""
    cache.take(loan())
    forgotten = forget(cache.writer, USER, MOMENT)
    assert forgotten.until == MOMENT + timedelta(days=KEPT_DAYS)
    cache.clock.now = forgotten.until.timestamp()
    assert cache.take(loan())["outcome"] == "too-old"
    now = forgotten.until.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert cache.take(loan("LOAN_RENEWED", now))["outcome"] == "applied"


def test_other_patrons_stay(cache: Cache) -> None:
    """Also those whose id begins in the same way."""
    cache.take(loan(user_id=f"{USER}0"))
    assert forget(cache.writer, USER, MOMENT).deleted == 0
    assert stored(cache) == 1


def test_forgetting_again_deletes_the_rest_and_renews_the_marker(cache: Cache) -> None:
    """After an interruption it is simply called again."""
    forget(cache.writer, USER, MOMENT)
    cache.writer.tables[Kind.LOAN].put(Entry(Kind.LOAN, USER, "L1", order_of_fill(round(NOW * 1000)), State.ACTIVE, {}))
    cache.clock.now = NOW + DAY
    again = forget(cache.writer, USER, MOMENT + timedelta(days=1))
    assert (again.deleted, again.until) == (1, MOMENT + timedelta(days=KEPT_DAYS + 1))


def test_every_queue_and_table_with_copies_is_listed() -> None:
    """A queue that is added to the template needs a row, and so does a table with backups."""
    cache = Cache(MemoryDynamoDb(), None, "")
    places = {each.place for each in forget(cache.writer, USER, MOMENT).remaining}
    resources = TEMPLATE["Resources"]
    queues = {name for name, each in resources.items() if each["Type"] == "AWS::SQS::Queue"}
    rows = {
        "LoanQueue": "the event queue of the cache",
        "LoanDeadLetterQueue": "the dead letters of the event queue",
        "FillQueue": "the fill queue",
        "FillDeadLetterQueue": "the dead letters of fills",
    }
    assert rows.keys() == queues
    backed_up = {name for name, each in resources.items() if "PointInTimeRecoverySpecification" in each["Properties"]}
    assert backed_up == {"UsersTable"}
    pipeline = {each.place for each in ELSEWHERE if "pipeline" in each.place}
    assert places == {*rows.values(), *pipeline, "the users table", "backups of the users table"}


def test_the_result_is_json_with_the_last_time_of_each_place() -> None:
    """Nothing in it is about the patron."""
    cache = Cache(MemoryDynamoDb(), None, "")
    members = forget(cache.writer, USER, MOMENT).members
    assert members["deleted"] == 0
    assert members["until"] == "2026-09-25T12:00:00.000Z"
    assert members["remaining"][2] == {
        "place": "the pipeline's webhook queue",
        "content": "events",
        "until": "2026-05-24T12:00:00.000Z",
    }
    assert USER not in str(members)
