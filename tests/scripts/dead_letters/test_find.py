"""Listing dead letters, and finding some by ID in a scan that ends early."""

import gc
import weakref
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.envelope import Envelope
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.find import Listing, find_dead_letters, list_dead_letters
from scripts.dead_letters.queues import Depth
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
    """It is returned once if both IDs are passed, and the queue stays unchanged."""
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
    """The order of the copies does not matter."""
    for receipt_id, failures in (("r1", (None, CAUSE)), ("r2", (CAUSE, None))):
        for failure in failures:
            queues.put(receipt_id=receipt_id, failure=failure)
    queues.put(receipt_id="r3", failure=None)
    causes = {read.summary.id: read.summary.cause.category for read in found(dead_letters, "r1", "r2", "r3")}
    assert causes == {"r1": "transient", "r2": "transient", "r3": "crashed"}
    assert len(found(dead_letters, "r1", "r2", "r3")) == 3


def test_a_scan_ends_once_all_are_found(dead_letters: DeadLetterStore) -> None:
    """Only a few of five thousand dead letters are received and made visible again."""
    made: list[int] = []

    def make(number: int) -> DeadLetter:
        made.append(number)
        sent = Envelope(loan(number), f"r{number}", "2026-11-20T00:00:00.000Z", "alma", failure=CAUSE).encode()
        return DeadLetter(f"m{number}", "h", sent.body, sent.attributes, datetime.now(UTC))

    crowd = Crowd(5_000, make)
    assert len(found(dead_letters._replace(queue=crowd), "r3", "r15")) == 2
    assert (len(made), crowd.held) == (20, set())


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def listed(dead_letters: DeadLetterStore, **filters: Any) -> Listing:
    selection = Selection(Filters(**filters), dead_letters.now)
    with Scan(dead_letters.queue, quiet) as scan:
        return list_dead_letters(scan, dead_letters.reader, selection)


def ids(listing: Listing) -> Sequence[str]:
    return [summary.id for summary in listing.dead_letters]


class Body(str):
    """A body whose deletion can be observed."""

    __slots__ = ("__weakref__",)


def test_five_thousand_dead_letters_are_filtered_once_each_and_no_body_is_kept(dead_letters: DeadLetterStore) -> None:
    """A time filter selects half of them, and at most the bodies of one response exist at any time."""
    alive: weakref.WeakSet[Body] = weakref.WeakSet()
    most = 0

    def make(number: int) -> DeadLetter:
        nonlocal most
        category = "transient" if number % 2 else "template"
        at = f"2026-11-20T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"
        sent = Envelope(loan(number), f"r{number:04}", at, "alma", failure=CAUSE | {"class": category}).encode()
        body = Body(sent.body)
        alive.add(body)
        most = max(most, len(alive))
        return DeadLetter(f"m{number}", f"h{number}", body, sent.attributes, NOON)

    crowd = Crowd(5_000, make, uncounted=13)
    listing = listed(dead_letters._replace(queue=crowd), causes=("transient",))
    assert ids(listing) == [f"r{number:04}" for number in range(1, 5_000, 2)]
    assert (listing.seen, listing.about, listing.hidden, listing.twice) == (5_000, 5_013, 13, 0)
    gc.collect()
    assert (most <= 30, len(alive), crowd.held) == (True, 0, set())


def test_copies_are_listed_once_with_their_cause(queues: Queues, dead_letters: DeadLetterStore) -> None:
    """The copy from SQS, first or last, is not another event."""
    for receipt_id, failures in (("r1", (CAUSE, None)), ("r2", (None, CAUSE))):
        for failure in failures:
            queues.put(receipt_id=receipt_id, failure=failure)
    queues.put(receipt_id="r3", failure=None)
    listing = listed(dead_letters)
    causes = {summary.id: summary.cause.category for summary in listing.dead_letters}
    assert causes == {"r1": "transient", "r2": "transient", "r3": "crashed"}
    assert (listing.seen, listing.twice) == (5, 2)


def test_a_copy_without_a_cause_does_not_count_as_crashed(queues: Queues, dead_letters: DeadLetterStore) -> None:
    """A filter applies to the listed copy, not to the other."""
    queues.put(failure=None)
    queues.put()
    queues.put(failure=None)
    assert ids(listed(dead_letters, causes=("crashed",))) == []
    assert ids(listed(dead_letters, causes=("transient",))) == ["r1"]


def test_dead_letters_without_the_fields_of_where_are_counted_in_a_listing(
    queues: Queues, dead_letters: DeadLetterStore
) -> None:
    """Unparsable bodies have no fields."""
    queues.put(b"poison", receipt_id="r2")
    queues.put()
    listing = listed(dead_letters, where="item_loan.loan_id == '1'")
    assert (ids(listing), listing.unjudged) == (["r1"], 1)


@pytest.mark.parametrize(("code", "kept"), [("LOAN_CREATED", "LOAN_CREATED"), ("X" * 100_000, "(not a code)")])
def test_a_code_as_long_as_a_body_is_not_kept(
    queues: Queues, dead_letters: DeadLetterStore, code: str, kept: str
) -> None:
    """A summary is small for any body."""
    queues.put(loan(event=code))
    [summary] = listed(dead_letters).dead_letters
    assert summary.event == kept
