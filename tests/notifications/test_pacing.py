"""Pacing: the slots of a destination are as far apart as its integration says."""

from collections.abc import Callable

import pytest

from notifications.pacing import AHEAD_SECONDS, Pacing
from notifications.sender_table import SenderTable
from processor.errors import Transient
from tests.notifications.memory_table import MemoryTable
from tests.notifications.test_sender_table import dynamodb_table

NOW = 1_780_000_000.0

MakeTable = Callable[[Callable[[], float]], SenderTable]


class Case:
    """Pacing over a table in memory, at a time that the test sets."""

    def __init__(self, make_table: MakeTable = MemoryTable) -> None:
        self.now = NOW
        self.table = make_table(lambda: self.now)
        self.pacing = Pacing(self.table, lambda: self.now)

    def reserved(self, count: int, destination: str = "slack:team", seconds_between: float = 1.0) -> list[float]:
        """Reserve slots, and return them relative to the start."""
        slots = [self.pacing.reserve(destination, seconds_between) for _ in range(count)]
        return [round(slot - NOW, 3) for slot in slots]


@pytest.mark.usefixtures("shared_aws")
@pytest.mark.parametrize("make_table", [MemoryTable, dynamodb_table])
def test_slots_follow_each_other(make_table: MakeTable) -> None:
    """The first one is a moment ahead, the others behind it."""
    assert Case(make_table).reserved(4) == [AHEAD_SECONDS + number for number in range(4)]
    assert Case().reserved(3, seconds_between=3.0) == [AHEAD_SECONDS, AHEAD_SECONDS + 3, AHEAD_SECONDS + 6]


def test_the_first_slot_can_be_now() -> None:
    """For programs that have nothing to write before they send."""
    case = Case()
    case.pacing = Pacing(case.table, lambda: case.now, ahead_seconds=0)
    assert case.reserved(3) == [0, 1, 2]


def test_the_next_free_slot_can_be_read_without_reserving_it() -> None:
    """Nobody has reserved one at first; a pause moves it."""
    case = Case()
    assert case.pacing.free_at("slack:team") == 0
    case.reserved(2)
    assert [case.pacing.free_at("slack:team") for _ in range(2)] == [NOW + AHEAD_SECONDS + 2] * 2
    case.pacing.pause("slack:team", 60)
    assert case.pacing.free_at("slack:team") == NOW + 60


def test_destinations_have_their_own_slots() -> None:
    """A busy destination delays no other one, and its item does not show its name."""
    case = Case()
    case.reserved(10)
    assert case.reserved(1, "slack:other") == [AHEAD_SECONDS]
    assert isinstance(case.table, MemoryTable)
    assert not any("slack" in item_id for item_id in case.table.items)


@pytest.mark.parametrize(("seconds", "expected"), [(0.5, 1.25), (1.0, 1.25), (1.1, 1.35), (100.0, 100.25)])
def test_time_that_has_passed_is_not_saved_up(seconds: float, expected: float) -> None:
    """After a pause there is one slot at once, not one for each second of the pause."""
    case = Case()
    case.reserved(1)
    case.now += seconds
    first, second = case.reserved(2)
    assert (first, round(second - first, 3)) == (expected, 1.0)


def test_an_earlier_slot_is_valid_until_just_before_its_time() -> None:
    """A notification that comes back too late takes a new slot, so that two are never sent at the same time."""
    case = Case()
    slot = case.pacing.reserve("slack:team", 1.0)
    assert case.pacing.is_valid("slack:team", slot)
    case.now = slot - AHEAD_SECONDS
    assert case.pacing.is_valid("slack:team", slot)
    case.now = slot - AHEAD_SECONDS + 0.001
    assert not case.pacing.is_valid("slack:team", slot)


@pytest.mark.usefixtures("shared_aws")
@pytest.mark.parametrize("make_table", [MemoryTable, dynamodb_table])
def test_a_pause_moves_all_slots_behind_it(make_table: MakeTable) -> None:
    """New slots and those reserved before are later than the pause, whose length the service says."""
    case = Case(make_table)
    before = case.pacing.reserve("slack:team", 1.0) + 5
    case.pacing.pause("slack:team", 30.0)
    assert not case.pacing.is_valid("slack:team", before)
    assert case.reserved(2) == [30.0, 31.0]
    assert case.pacing.is_valid("slack:team", NOW + 30)


def test_a_pause_frees_no_slot_that_is_taken() -> None:
    """Slots that are taken beyond the pause stay so."""
    case = Case()
    taken = NOW + case.reserved(100)[10]
    case.pacing.pause("slack:team", 30.0)
    assert not case.pacing.is_valid("slack:team", taken)
    assert case.reserved(1) == [100.25]


def test_a_destination_that_is_always_taken_by_others_is_transient() -> None:
    """A worker does not try for ever."""
    case = Case()

    class Contested(MemoryTable):
        """Another worker always is first."""

        def update(self, item):  # type: ignore[no-untyped-def]
            return super().update(item)._replace(holds=False)

    with pytest.raises(Transient, match="many notifications to one destination"):
        Pacing(Contested(lambda: case.now), lambda: case.now).reserve("slack:team", 1.0)
