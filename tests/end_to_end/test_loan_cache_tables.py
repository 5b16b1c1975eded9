"""The conditions of the loan cache on the emulator: moto and the tests' own conditions are not the only judges."""

from collections.abc import Iterator
from typing import Any

import pytest
from loan_cache.entry import Entry, Kind, State
from loan_cache.expiry import KEPT_DAYS
from loan_cache.order import OrderValue, Rank
from loan_cache.tables import Written

from scripts.aws import emulator, ports
from scripts.aws.clients import Aws
from scripts.cli.signals import Interrupts
from tests.examples.loan_cache.bodies import NOW, USER
from tests.examples.loan_cache.conftest import Cache
from tests.examples.loan_cache.histories import history
from tests.examples.loan_cache.order_cases import CASES
from tests.examples.loan_cache.template import make_tables
from tests.examples.loan_cache.test_histories import after

pytestmark = pytest.mark.full  # it needs an emulator of its own

NOW_MS = round(NOW * 1000)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """Return a client of an emulator with the tables of the cache."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        client = Aws.local(started.endpoint_url, emulator.REGION).dynamodb
        make_tables(client)
        yield client


def entry(place: tuple[int, Rank, str], id_: str) -> Entry:
    order = OrderValue(NOW_MS + place[0], *place[1:])
    return Entry(Kind.LOAN, USER, id_, order, State.ACTIVE, {"title": "Invented", "renewable": True})


def test_f91_the_emulator_replaces_the_same_entries(dynamodb: Any) -> None:
    """Every case of the table, and what has expired."""
    cache = Cache(dynamodb, None, "")
    table = cache.writer.tables[Kind.LOAN]
    for number, (place, is_newest) in enumerate(CASES):
        assert table.put(entry((0, Rank.CHANGED, "5a"), f"L{number}")) == Written(is_newest=True)
        assert table.put(entry(place, f"L{number}")).is_newest is is_newest, place
    cache.clock.now = NOW + KEPT_DAYS * 86_400
    assert table.put(entry((-1, Rank.CREATED, "00"), "L0")) == Written(is_newest=True)
    assert table.delete_user(USER) == len(CASES)


def test_f91_the_emulator_ends_in_the_state_of_the_order(dynamodb: Any) -> None:
    """The same histories as on moto."""
    for seed in range(30):
        arrivals = history(seed).arrivals
        cache = after(arrivals, dynamodb)
        for name, table in after(arrivals).dynamodb.tables.items():
            assert dynamodb.scan(TableName=name)["Items"] == list(table.values())
        cache.writer.delete(USER)
