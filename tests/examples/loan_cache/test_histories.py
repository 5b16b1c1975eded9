"""Any interleaving and repetition of the events of a loan ends in the same state as their order."""

import random
from collections.abc import Iterable
from typing import Any

import pytest
from loan_cache.entry import State
from loan_cache.expiry import expires_at

from tests.examples.loan_cache.bodies import NOW, USER
from tests.examples.loan_cache.conftest import Cache
from tests.examples.loan_cache.histories import Arrival, History, history, time_of, title_of
from tests.examples.loan_cache.memory_dynamodb import MemoryDynamoDb

FEW = range(200)
MANY = range(200, 10_000)


def after(arrivals: Iterable[Arrival], dynamodb: Any = None, delete: random.Random | None = None) -> Cache:
    """Return a cache that has taken the arrivals; with `delete`, DynamoDB deletes what has expired at random times."""
    cache = Cache(dynamodb or MemoryDynamoDb(), None, "")
    for arrival in arrivals:
        cache.clock.now = arrival.at
        if delete and delete.random() < 0.5:
            remove_expired(cache)
        cache.take(arrival.body)
    return cache


def remove_expired(cache: Cache) -> None:
    """Delete what has expired, as DynamoDB does at some time."""
    for table in cache.dynamodb.tables.values():
        for key in [key for key, item in table.items() if int(item["ExpiresAt"]["N"]) <= cache.clock.now]:
            del table[key]


def titles(cache: Cache) -> list[str]:
    """Return the titles that the cache shows of the one patron."""
    tables = cache.writer.tables.values()
    entries = [entry for table in tables for entry in table.entries(USER) if entry.state is State.ACTIVE]
    return [str(entry.content["title"]) for entry in entries]


def expected(last: bytes | None) -> list[str]:
    title = title_of(last) if last else None
    return [] if title is None else [title]


def check(found: History) -> None:
    """Compare the arrivals with the order of the events, and both with the last event."""
    in_order = after(Arrival(body, NOW) for body in found.bodies)
    arrived = after(found.arrivals)
    assert arrived.dynamodb.tables == in_order.dynamodb.tables
    assert titles(arrived) == expected(found.last_body())


def check_late(found: History, seed: int) -> None:
    """Compare with the last event that did not come too late, while others expire and are deleted."""
    arrived = after(found.arrivals, delete=random.Random(seed))  # noqa: S311 -- the same for the same number
    last = found.last_body()
    is_kept = last is not None and expires_at(round(time_of(last) * 1000)) > arrived.clock.now
    assert titles(arrived) == (expected(last) if is_kept else [])
    arrived.clock.now = NOW  # to see what has expired, too: nothing older than the last event has come back
    assert titles(arrived) in (expected(last), [])


@pytest.mark.parametrize("seed", FEW)
def test_f91_every_arrival_ends_in_the_state_of_the_order(seed: int) -> None:
    """Equal times, repetitions and every kind of event included."""
    check(history(seed))


@pytest.mark.parametrize("seed", FEW)
def test_f92_nothing_comes_back_months_later(seed: int) -> None:
    """The same with arrivals up to half a year late, before and after tombstones have expired and are deleted."""
    check_late(history(seed, is_late=True), seed)


@pytest.mark.full
def test_f91_f92_ten_thousand_histories_end_in_the_state_of_their_order() -> None:
    """The two properties above for many more histories."""
    for seed in MANY:
        check(history(seed))
        check_late(history(seed, is_late=True), seed)


def test_f91_moto_ends_in_the_same_state(cache: Cache) -> None:
    """Our own conditions of DynamoDB are not the only judge of the order."""
    for seed in range(15):
        found = history(seed)
        after(found.arrivals, cache.dynamodb)
        for name, table in after(found.arrivals).dynamodb.tables.items():
            items = cache.dynamodb.scan(TableName=name)["Items"]
            assert items == list(table.values())
            for item in items:
                key = {part: item[part] for part in ("User", "Id") if part in item}
                cache.dynamodb.delete_item(TableName=name, Key=key)
