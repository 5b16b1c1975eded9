"""Records of notifications: each write replaces exactly the record that was seen."""

import itertools

import pytest

from notifications.sender_table import KEPT_SECONDS
from notifications.sending_records import RecordState, SendingRecord, SendingRecords
from processor.errors import DeliveryUncertain, InProgress
from tests.notifications.memory_table import MemoryTable

NOW = 1_780_000_000.0
KEY = "identity\nlibrary+jobs\nteam\n"


class Case:
    """Records over a table in memory, at a time that the test sets."""

    def __init__(self) -> None:
        self.now = NOW
        self.table = MemoryTable(lambda: self.now)
        numbers = itertools.count()
        self.records = SendingRecords(self.table, lambda: self.now, lambda: f"write-{next(numbers)}")


def test_a_key_without_a_record_is_new() -> None:
    """The id of the record is a digest, which shows nothing of the key."""
    found = Case().records.find(KEY)
    assert (found.state, found.write_id, found.is_done) == (RecordState.NEW, "", False)
    assert "library" not in found.id
    assert len(found.id) == len("notification#") + 64


def test_a_record_is_found_as_it_was_written() -> None:
    """State and times are kept, to the millisecond."""
    case = Case()
    written = case.records.write(case.records.find(KEY), RecordState.STARTED, slot=NOW + 1.25, until=NOW + 30.5)
    assert case.records.find(KEY) == written
    assert (written.slot, written.until, written.is_done) == (NOW + 1.25, NOW + 30.5, False)


@pytest.mark.parametrize("state", list(RecordState))
def test_only_the_first_of_two_workers_writes(state: RecordState) -> None:
    """Two workers saw the same record; the second one learns that another attempt is in progress."""
    case = Case()
    seen = case.records.find(KEY)
    if state is not RecordState.NEW:
        seen = case.records.write(seen, state)
    case.records.write(seen, RecordState.STARTED, until=NOW + 30)
    with pytest.raises(InProgress, match="another attempt at this notification is in progress"):
        case.records.write(seen, RecordState.ACCEPTED)
    assert case.records.find(KEY).state is RecordState.STARTED


def test_a_write_whose_answer_was_lost_can_be_repeated() -> None:
    """The same request finds its own record, which is not another attempt."""
    case = Case()
    seen = case.records.find(KEY)
    started = case.records.next(seen, RecordState.STARTED, until=NOW + 30)
    case.records.replace(seen, started)
    case.records.replace(seen, started)
    assert case.records.find(KEY) == started


@pytest.mark.parametrize(
    ("state", "is_done"), [(each, each.value in {"accepted", "summarized", "fell-back"}) for each in RecordState]
)
def test_a_notification_is_done_when_nothing_is_left_to_send(state: RecordState, *, is_done: bool) -> None:
    """It was accepted, counted in a summary, or its fallback was queued; every other state leaves something."""
    assert SendingRecord("id", state).is_done is is_done


def test_a_record_expires_after_ninety_days() -> None:
    """DynamoDB deletes it some days later; until then it counts as new, and can be replaced."""
    case = Case()
    case.records.write(case.records.find(KEY), RecordState.ACCEPTED)
    case.now += KEPT_SECONDS
    assert case.records.find(KEY).is_done
    case.now += 1
    expired = case.records.find(KEY)
    assert expired.state is RecordState.NEW
    assert case.records.write(expired, RecordState.STARTED) == case.records.find(KEY)


def test_a_table_that_fails_makes_the_notification_uncertain() -> None:
    """The message comes back after the time that a worker can last."""
    case = Case()
    seen = case.records.find(KEY)
    case.table.failing = {"get", "put"}
    with pytest.raises(DeliveryUncertain):
        case.records.find(KEY)
    with pytest.raises(DeliveryUncertain):
        case.records.write(seen, RecordState.STARTED)
