"""Bursts: of each minute, some notifications are sent and each other one is counted exactly once."""

from collections.abc import Callable

import pytest

from notifications.bursts import Bursts
from notifications.sender_table import SenderTable
from notifications.sending_records import RecordState, SendingRecords
from processor.errors import DeliveryUncertain, InProgress
from tests.notifications.memory_table import MemoryTable
from tests.notifications.sender_case import notification
from tests.notifications.test_sender_table import dynamodb_table

MINUTE = 1_780_000_020.0  # the beginning of a minute of the clock
MOST = 3

MakeTable = Callable[[Callable[[], float]], SenderTable]


class Case:
    """Bursts over a table in memory, at a time that the test sets."""

    def __init__(self, make_table: MakeTable = MemoryTable) -> None:
        self.now = MINUTE
        self.table = make_table(lambda: self.now)
        self.records = SendingRecords(self.table, lambda: self.now)
        self.bursts = Bursts(self.table, self.records, lambda: self.now, MOST)
        self.burst = self.bursts.current(notification(), "slack:team")

    def count(self, key: str) -> bool:
        return self.bursts.count(self.burst, self.records.find(key))


def test_a_burst_is_an_integration_of_a_topic_a_destination_and_a_minute_of_the_clock() -> None:
    """Its id shows neither, and it is due at the end of the minute."""
    case = Case()
    case.now += 59.999
    assert case.bursts.current(notification(number=7), "slack:team") == case.burst
    assert case.burst.due == MINUTE + 60
    others = [
        case.bursts.current(notification()._replace(topic="library+loans"), "slack:team"),
        case.bursts.current(notification("other"), "slack:team"),
        case.bursts.current(notification(), "slack:other"),
    ]
    case.now += 0.001
    others.append(case.bursts.current(notification(), "slack:team"))
    assert len({case.burst.id, *(other.id for other in others)}) == 5
    assert len(case.burst.id) == 64


@pytest.mark.usefixtures("shared_aws")
@pytest.mark.parametrize("make_table", [MemoryTable, dynamodb_table])
def test_the_first_ones_are_admitted_and_the_rest_learns_of_the_carrier(make_table: MakeTable) -> None:
    """Admission ends after the allowed number, and the carrier is queued once."""
    case = Case(make_table)
    assert [case.bursts.admit(case.burst).is_admitted for _ in range(MOST + 2)] == [True] * MOST + [False] * 2
    assert case.bursts.admit(case.burst).has_carrier is False
    case.bursts.carrier_queued(case.burst)
    assert case.bursts.admit(case.burst).has_carrier is True


@pytest.mark.usefixtures("shared_aws")
@pytest.mark.parametrize("make_table", [MemoryTable, dynamodb_table])
def test_each_notification_is_counted_once_and_recorded(make_table: MakeTable) -> None:
    """The count is the number of the notifications, however they are spread over the items."""
    case = Case(make_table)
    keys = [f"key {number}" for number in range(20)]
    assert all(case.count(key) for key in keys)
    assert {case.records.find(key).state for key in keys} == {RecordState.SUMMARIZED}
    assert case.bursts.close(case.burst.id) == 20


def test_a_notification_that_another_worker_has_counted_is_not_counted_again() -> None:
    """The record and the count are written together."""
    case = Case()
    seen = case.records.find("key")
    assert case.bursts.count(case.burst, seen)
    with pytest.raises(InProgress):
        case.bursts.count(case.burst, seen)
    assert case.bursts.close(case.burst.id) == 1


def test_a_closed_count_stays_the_same() -> None:
    """A late notification is not counted and keeps its record, and a repeated summary has the same number."""
    case = Case()
    case.count("early")
    assert case.bursts.close(case.burst.id) == 1
    assert not case.count("late")
    assert case.records.find("late").state is RecordState.NEW
    assert case.bursts.close(case.burst.id) == 1


def test_a_burst_without_counted_notifications_is_closed_with_zero() -> None:
    """The worker that queued the carrier ended before it counted."""
    assert Case().bursts.close("0" * 64) == 0


def test_a_failing_table_counts_nothing() -> None:
    """The notification comes back, and is counted then."""
    case = Case()
    assert isinstance(case.table, MemoryTable)
    case.table.failing = {"transact"}
    with pytest.raises(DeliveryUncertain):
        case.count("key")
    case.table.failing.clear()
    assert case.count("key")
    assert case.bursts.close(case.burst.id) == 1
