"""Finding dead letters by ID, in a scan that ends early."""

from datetime import UTC, datetime

from ingest.envelope import Envelope
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.dead_letter_queue import Depth
from scripts.dead_letters.find import find_dead_letters
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.crowd import Crowd
from tests.scripts.dead_letters.queues import CAUSE, Queues, loan


def quiet(_seen: int, _about: int) -> None:
    """Ignore the progress."""


def found(dead_letters: DeadLetterStore, *ids: str) -> list[ReadDeadLetter]:
    with Scan(dead_letters.queue, quiet) as scan:
        return list(find_dead_letters(scan, dead_letters.reader, ids))


def test_dead_letters_are_found_by_receipt_id_and_by_message_id(queues: Queues, dead_letters: DeadLetterStore) -> None:
    """Once if both IDs are passed; the queue is left unchanged."""
    message_id = queues.put(receipt_id="r1")
    foreign = queues.put_message("x", {})
    queues.put(receipt_id="r2")
    assert {read.summary.id for read in found(dead_letters, "r1", message_id, foreign)} == {"r1", foreign}
    assert queues.dead_letters.depth() == Depth(3, 0)


def test_an_unknown_id_is_not_found(queues: Queues, dead_letters: DeadLetterStore) -> None:
    """No other dead letter is returned in its place."""
    queues.put()
    assert found(dead_letters, "r2") == []


def test_the_copy_with_a_cause_is_found(queues: Queues, dead_letters: DeadLetterStore) -> None:
    """In either order."""
    for receipt_id, failures in (("r1", (None, CAUSE)), ("r2", (CAUSE, None))):
        for failure in failures:
            queues.put(receipt_id=receipt_id, failure=failure)
    queues.put(receipt_id="r3", failure=None)
    causes = {read.summary.id: read.summary.cause.category for read in found(dead_letters, "r1", "r2", "r3")}
    assert causes == {"r1": "transient", "r2": "transient", "r3": "crashed"}
    assert len(found(dead_letters, "r1", "r2", "r3")) == 3


def test_a_scan_ends_once_all_are_found(dead_letters: DeadLetterStore) -> None:
    """Of five thousand dead letters only a few are received, and shown again."""
    made: list[int] = []

    def make(number: int) -> DeadLetter:
        made.append(number)
        sent = Envelope(loan(number), f"r{number}", "2026-11-20T00:00:00.000Z", "alma", failure=CAUSE).encode()
        return DeadLetter(f"m{number}", "h", sent.body, sent.attributes, datetime.now(UTC))

    crowd = Crowd(5_000, make)
    assert len(found(dead_letters._replace(queue=crowd), "r3", "r15")) == 2
    assert (len(made), crowd.held) == (20, set())
