"""A fill, interleaved with every event at every step, ends in what Alma has."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loan_cache.entry import Entry, Kind, State
from loan_cache.events import entry_of_answer, entry_of_event
from loan_cache.fill import Fill
from loan_cache.order import order_of_fill

from notifications.errors import Transient
from processor.alma.events import parse
from tests.examples.loan_cache.alma_world import USER, AlmaWorld, WorldLists, loan
from tests.examples.loan_cache.memory_dynamodb import MemoryDynamoDb, memory_writer

AT_FIRST = 8  # the loans that the user has at first
PAGE_ITEMS = 3

# What happens to a loan, or the delivery of an event: how many seconds later, and which one.
Step = tuple[str, int, int]
CHANGES = ("LOAN_CREATED", "LOAN_RENEWED", "LOAN_RETURNED", "deliver")
steps = st.tuples(st.sampled_from(CHANGES), st.sampled_from([0, 0, 1, 45, 90]), st.integers(0, 40))


class InterleavedFill:
    """Steps that happen at points of a fill: before it, before each of its calls, and after it."""

    def __init__(self, at: list[tuple[int, Step]]) -> None:
        self.world = AlmaWorld(before=lambda _: self.pass_point(), page_items=PAGE_ITEMS)
        self.world.add(USER, [loan(each) for each in range(AT_FIRST)])
        self.alma = WorldLists(self.world)
        self.dynamodb = PointedDynamoDb(self.pass_point)
        self.writer = memory_writer(self.dynamodb, self.alma.wall)
        self._is_delivering = False
        self.events: list[bytes] = []
        self.undelivered: list[bytes] = []
        self._at = sorted(at, key=lambda each: each[0])
        self._points = count()
        self._store_stale()
        self._ids = count(AT_FIRST)

    def _store_stale(self) -> None:
        """Store a loan that Alma has no more, because the event of its return was lost."""
        order = order_of_fill(int(self.alma.now * 1000) - 1)
        self._put(entry_of_answer(Kind.LOAN, USER, loan(900), order))

    def pass_point(self) -> None:
        """Let happen what happens at this point."""
        if self._is_delivering:
            return
        point = next(self._points)
        while self._at and self._at[0][0] <= point:
            self.do(self._at.pop(0)[1])

    def finish(self) -> None:
        """Let the rest happen, and deliver every event that was not."""
        for _, step in self._at:
            self.do(step)
        self._at = []
        for body in self.undelivered:
            self.store(body)

    def do(self, step: Step) -> None:
        what, seconds, number = step
        self.alma.now += seconds
        loans = self.world.lists[USER][Kind.LOAN]
        if what == "deliver":
            if self.events:
                self.store(self.events[number % len(self.events)])
        elif what == "LOAN_CREATED":
            created = loan(next(self._ids))
            loans[created["loan_id"]] = created
            self.publish(what, created)
        elif loans:
            id_ = sorted(loans)[number % len(loans)]
            if what == "LOAN_RETURNED":
                self.publish(what, loans.pop(id_))
            else:
                loans[id_] = {**loans[id_], "due_date": f"2026-07-01T00:00:{len(self.events) % 60:02}Z"}
                self.publish(what, loans[id_])

    def publish(self, what: str, item: dict[str, Any]) -> None:
        """Add an event. Each has a millisecond of its own, because one body alone does not say what came later."""
        self.alma.now += 0.002  # floats are cut to milliseconds
        time = datetime.fromtimestamp(self.alma.now, UTC).isoformat(timespec="milliseconds")
        body = json.dumps({"action": "LOAN", "event": {"value": what}, "time": time, "item_loan": item}).encode()
        self.events.append(body)
        self.undelivered.append(body)

    def store(self, body: bytes) -> None:
        """Deliver an event, at the front of a call of the fill or between two."""
        entry = entry_of_event(parse(body), body)
        assert entry
        self._put(entry)
        self.undelivered = [each for each in self.undelivered if each != body]

    def _put(self, entry: Entry) -> None:
        """Store an entry; that is not a point of the fill."""
        self._is_delivering = True
        self.writer.tables[Kind.LOAN].put(entry)
        self._is_delivering = False

    def shown(self) -> dict[str, Any]:
        entries = self.writer.tables[Kind.LOAN].entries(USER)
        return {entry.id: entry.content["due_date"] for entry in entries if entry.state is State.ACTIVE}


class PointedDynamoDb(MemoryDynamoDb):
    """DynamoDB whose writes are points."""

    def __init__(self, before: Callable[[], None]) -> None:
        super().__init__(page_items=2)
        self._before = before

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        self._before()
        return super().put_item(**parameters)


def check(at: list[tuple[int, Step]]) -> None:
    history = InterleavedFill(at)
    fill = Fill(history.alma.lists, history.writer, history.alma.wall)
    while True:
        try:
            fill.run(USER)
            break
        except Transient:
            continue  # the list changed between its pages
    history.finish()
    loans = history.world.lists[USER][Kind.LOAN]
    assert history.shown() == {id_: item["due_date"] for id_, item in loans.items()}


interleavings = st.lists(st.tuples(st.integers(0, 30), steps), max_size=30)


@given(interleavings)
@settings(max_examples=100, deadline=None)
def test_f95_a_fill_among_events_ends_in_what_alma_has(at: list[tuple[int, Step]]) -> None:
    """Events are created and delivered in any order, also twice, before, during and after the fill."""
    check(at)


@pytest.mark.full
@given(interleavings)
@settings(max_examples=3000, deadline=None)
def test_many_interleavings(at: list[tuple[int, Step]]) -> None:
    """As above."""
    check(at)


@pytest.mark.parametrize("point", range(30))
@pytest.mark.parametrize("what", CHANGES[:3])
def test_one_event_at_every_step(point: int, what: str) -> None:
    """It happens at one step of the fill and is delivered at once, or after the fill."""
    check([(point, (what, 0, 5))])
    check([(point, (what, 0, 5)), (point, ("deliver", 0, 0))])
