"""Which repeated publishes and which failed attempts have a recorded cause, and no others."""

import json
import math

import pytest

from ingest.profile_secrets import BACK_OFF_SECONDS
from scripts.alma_client.retry_policy import AttemptResult
from scripts.devtools.soak.fault_plan import Call
from scripts.devtools.soak.soak_excuses import CallLedger, ExcusedAttempts, LedgerEntry

RECORD = "delivery#1"
PUBLISH = Call("sns:Publish", b"Action=Publish")
UPDATE = Call("dynamodb:UpdateItem", json.dumps({"Key": {"id": {"S": RECORD}}}).encode())


class Case:
    """A ledger in which calls happen one after another."""

    def __init__(self) -> None:
        self.ledger = CallLedger()

    def publish(self, message_id: str, *, is_read: bool = True) -> LedgerEntry:
        entry = self.ledger.began(PUBLISH)
        answer = b"<PublishResult><MessageId>%b</MessageId></PublishResult>" % message_id.encode()
        self.ledger.answered(entry, PUBLISH, 200, answer)
        if not is_read:
            self.ledger.unread(entry)
        return entry

    def update(self, status: int = 200) -> None:
        self.ledger.answered(self.ledger.began(UPDATE), UPDATE, status, b"{}")

    def unexplained(self, *message_ids: str) -> int:
        return self.ledger.unexplained(message_ids, RECORD)


def test_once_is_no_repetition() -> None:
    """Recorded or not."""
    case = Case()
    case.publish("m1")
    assert case.unexplained("m1") == 0


def test_an_answer_that_was_not_read_explains_a_repetition() -> None:
    """The function was killed, or hung up before a slow answer: it could not know."""
    case = Case()
    case.publish("m1", is_read=False)
    case.publish("m2")
    case.update()
    assert case.unexplained("m1", "m2") == 0


def test_a_slow_answer_after_the_repetition_explains_it_too() -> None:
    """The function hung up and published again while the emulator was still busy with the first call."""
    case = Case()
    first = case.ledger.began(PUBLISH)
    case.publish("m2")
    case.update()
    case.ledger.answered(first, PUBLISH, 200, b"<MessageId>m1</MessageId>")
    case.ledger.unread(first)
    assert case.unexplained("m1", "m2") == 0


def test_a_record_that_failed_explains_a_repetition() -> None:
    """The publish was answered, and its record throttled at every attempt."""
    case = Case()
    case.publish("m1")
    case.update(500)
    case.update(500)
    case.publish("m2")
    assert case.unexplained("m1", "m2") == 0


@pytest.mark.parametrize("is_read", [True, False])
def test_f20_a_delivery_that_was_recorded_and_is_made_again_is_a_fault(is_read: bool) -> None:
    """Also if the first answer was lost, the record is there, and the second attempt must see it."""
    case = Case()
    case.publish("m1", is_read=is_read)
    case.update()
    case.publish("m2")
    assert case.unexplained("m1", "m2") == 1


def test_a_repetition_without_any_cause_is_a_fault() -> None:
    """The answer was read, and nobody even tried to record it."""
    case = Case()
    case.publish("m1")
    case.publish("m2")
    case.publish("m3")
    assert case.unexplained("m3", "m1", "m2") == 2


def test_each_repetition_needs_a_cause_of_its_own() -> None:
    """One worker that was killed explains the second copy, not the third."""
    case = Case()
    case.publish("m1", is_read=False)
    case.publish("m2")
    case.publish("m3")
    assert case.unexplained("m1", "m2", "m3") == 1


def test_another_deliverys_record_explains_nothing() -> None:
    """Its failed update is its own."""
    case = Case()
    case.publish("m1")
    case.update(500)
    case.publish("m2")
    assert case.ledger.unexplained(["m1", "m2"], "delivery#2") == 1


def test_a_message_that_nobody_saw_published_is_a_fault() -> None:
    """It came past the proxy."""
    case = Case()
    case.publish("m1")
    assert case.unexplained("m1", "m9") == 1


@pytest.mark.parametrize(
    ("disturbed_at", "is_excused"),
    [(100.5, True), (100 - BACK_OFF_SECONDS[-1], True), (100 - 3 * BACK_OFF_SECONDS[-1], False), (-math.inf, False)],
)
def test_a_fault_excuses_attempts_until_its_aftermath_is_over(disturbed_at: float, is_excused: bool) -> None:
    """After a fault of SSM a listener backs off for seconds, and answers 503 to what no known secret has signed."""
    excuses = ExcusedAttempts(lambda: -math.inf, lambda: disturbed_at)
    assert excuses.is_excused(AttemptResult(503, None, 0.01), 100.0) is is_excused
    assert excuses.excused == is_excused


@pytest.mark.parametrize(
    ("answer", "is_excused"), [(AttemptResult(None, None, 5.0), True), (AttemptResult(503, None, 1.2), True)]
)
def test_a_busy_computer_excuses_what_it_kept_waiting(answer: AttemptResult, is_excused: bool) -> None:
    """No answer within Alma's 5 s, or one that something kept waiting: measured at the attempt itself."""
    assert ExcusedAttempts(lambda: -math.inf).is_excused(answer, 100.0) is is_excused


def test_an_error_at_once_without_a_fault_counts() -> None:
    """Four of those, and the event is lost: that is a fault of the pipeline."""
    assert not ExcusedAttempts(lambda: -math.inf).is_excused(AttemptResult(503, None, 0.9), 100.0)
