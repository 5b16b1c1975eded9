"""Tests of forgetting a patron: nothing returns, and every place with a copy is listed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from loan_cache.entry import Entry, Kind, State
from loan_cache.expiry import KEPT_DAYS
from loan_cache.fill import Fill, FillOutcome
from loan_cache.forget import ELSEWHERE, forget
from loan_cache.order import order_of_fill

from processor.errors import Transient
from tests.examples.loan_cache.alma_world import AlmaWorld, WorldLists
from tests.examples.loan_cache.alma_world import loan as alma_loan
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


class Forgetting(MemoryDynamoDb):
    """Forgets the patron at a certain call of the event that is being applied."""

    def __init__(self, at_call: int) -> None:
        super().__init__()
        self.cache: Any = None
        self._calls_left = at_call

    def _count(self) -> None:
        self._calls_left -= 1
        if self._calls_left == 0:
            forget(self.cache.writer, USER, MOMENT)

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        self._count()
        return super().put_item(**parameters)

    def get_item(self, **parameters: Any) -> dict[str, Any]:
        self._count()
        return super().get_item(**parameters)


@pytest.mark.parametrize("at_call", [1, 2, 3])
def test_f94_forgetting_while_an_event_is_applied_leaves_nothing(at_call: int) -> None:
    """Whichever call comes first: the marker is read again after the write."""
    dynamodb = Forgetting(at_call)
    dynamodb.cache = cache = Cache(dynamodb, None, "")
    assert cache.take(loan())["outcome"] == "forgotten"
    assert dynamodb.tables["loans"] == {}
    assert cache.writer.users.find(USER).forgotten_at


class LosingAnswers(MemoryDynamoDb):
    """Forgets the patron before a certain call of a fill or event, makes the call, and loses its answer."""

    def __init__(self, at_call: int) -> None:
        super().__init__()
        self.cache: Any = None
        self._calls_left = at_call

    def _lost(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self._calls_left -= 1
        if self._calls_left == 0:
            forget(self.cache.writer, USER, MOMENT)
            call()
            raise ReadTimeoutError(endpoint_url="https://dynamodb.example")
        return call()

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        return self._lost(lambda: MemoryDynamoDb.put_item(self, **parameters))

    def get_item(self, **parameters: Any) -> dict[str, Any]:
        return self._lost(lambda: MemoryDynamoDb.get_item(self, **parameters))


@pytest.mark.parametrize("at_call", [1, 2, 3])
def test_f94_an_event_whose_write_was_not_answered_leaves_nothing(at_call: int) -> None:
    """The attempt could not read the marker after its write, so the next one deletes what it left."""
    dynamodb = LosingAnswers(at_call)
    dynamodb.cache = cache = Cache(dynamodb, None, "")
    assert cache.take(loan())["outcome"] == "forgotten"
    assert dynamodb.tables["loans"] == {}


@pytest.mark.parametrize("at_call", range(1, 8))
def test_f94_a_fill_that_ended_while_forgetting_leaves_nothing_when_it_is_repeated(at_call: int) -> None:
    """Whichever of its calls failed: two entries, the marker three times, and the mark of the fill."""
    dynamodb = LosingAnswers(at_call)
    dynamodb.cache = cache = Cache(dynamodb, None, "")
    world = AlmaWorld()
    world.add(USER, [alma_loan(1), alma_loan(2)])
    fill = Fill(WorldLists(world).lists, cache.writer, cache.clock)
    with pytest.raises(Transient):
        fill.run(USER)
    assert fill.run(USER).outcome is FillOutcome.FORGOTTEN
    assert dynamodb.tables["loans"] == {}


class Arriving(MemoryDynamoDb):
    """Receives an event of the patron each time after a table was read for the deletion."""

    def __init__(self) -> None:
        super().__init__()
        self.cache: Any = None
        self.outcomes: list[str] = []
        self._is_arriving = False

    def query(self, **parameters: Any) -> dict[str, Any]:
        found = super().query(**parameters)
        if not self._is_arriving:
            self._is_arriving = True
            self.outcomes.append(self.cache.take(loan())["outcome"])
            self._is_arriving = False
        return found


def test_f94_an_event_during_the_deletion_leaves_nothing() -> None:
    """The marker is there before anything is deleted, so what is stored after the deletion finds it."""
    dynamodb = Arriving()
    dynamodb.cache = cache = Cache(dynamodb, None, "")
    forget(cache.writer, USER, MOMENT)
    assert dynamodb.outcomes == ["forgotten", "forgotten"]
    assert dynamodb.tables["loans"] == {}


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
