"""Test the join of accepted lines with outcomes: each case, in any order, with correct sums."""

import itertools
from collections.abc import Sequence

import pytest

from processor.outcomes import Outcome
from scripts.reconciliation.reconcile import (
    COUNTS,
    TERMINAL,
    OutcomeDeadline,
    Reconciliation,
    ReconciliationLine,
    TimeWindow,
    reconciliation_of,
)

NOW = 1_000_000
GRACE = 100
AWAY = 1000
KEEPS = 500_000
WINDOW = TimeWindow(200_000, 900_000)
OPEN = TimeWindow(200_000, NOW)
A = "alma"
B = "consortium"


def accepted(at: int, receipt_id: str, profile: str) -> ReconciliationLine:
    return ReconciliationLine(at, "accepted", receipt_id, profile)


def rejected(at: int, reason: str, profile: str) -> ReconciliationLine:
    return ReconciliationLine(at, "rejected", reason, profile)


def retry(at: int, receipt_id: str, profile: str = A) -> ReconciliationLine:
    return ReconciliationLine(at, "retry", receipt_id, profile)


def ended(at: int, receipt_id: str, outcome: str, profile: str) -> ReconciliationLine:
    return ReconciliationLine(at, outcome, receipt_id, profile)


def deadline(queued: int = 0) -> OutcomeDeadline:
    return OutcomeDeadline(now=NOW, queued=queued, queue_keeps=KEEPS, longest_away=AWAY, grace=GRACE)


def reconciled(lines: Sequence[ReconciliationLine], window: TimeWindow = WINDOW, *, queued: int = 0) -> Reconciliation:
    reconciliation = reconciliation_of(lines, window, deadline(queued))
    for profile in {profile for profile, _ in reconciliation.counts}:
        counts = [reconciliation.counts[profile, name] for name in COUNTS]
        assert counts[0] == sum(counts[1:])
    return reconciliation


def counted(reconciliation: Reconciliation) -> dict[str, int]:
    """Return the counts of the profile alma, without `accepted`, which is their sum."""
    return {name: reconciliation.counts[A, name] for name in COUNTS[1:] if reconciliation.counts[A, name]}


CASES: dict[str, tuple[list[ReconciliationLine], dict[str, int]]] = {
    "nothing at all": ([], {}),
    "one that came out": (
        [accepted(500_000, "r1", A), ended(500_010, "r1", "delivered", A)],
        {"delivered": 1},
    ),
    "each of the outcomes": (
        [
            *(accepted(500_000, outcome, A) for outcome in TERMINAL),
            *(ended(500_001, outcome, outcome, A) for outcome in TERMINAL),
        ],
        dict.fromkeys(TERMINAL, 1),
    ),
    "one without an outcome": ([accepted(500_000, "r1", A)], {"missing": 1}),
    "lines that were stored twice": (
        [
            accepted(500_000, "r1", A),
            accepted(500_000, "r1", A),
            ended(500_010, "r1", "ignored", A),
            ended(500_010, "r1", "ignored", A),
        ],
        {"ignored": 1},
    ),
    "one missing whose line was stored twice": (
        [accepted(500_000, "r1", A), accepted(500_000, "r1", A)],
        {"missing": 1},
    ),
    "a dead letter that was replayed": (
        [
            accepted(500_000, "r1", A),
            ended(500_010, "r1", "dead", A),
            ended(800_000, "r1", "delivered", A),
        ],
        {"delivered": 1},
    ),
    "a dead letter that was replayed and died again": (
        [
            accepted(500_000, "r1", A),
            ended(500_010, "r1", "dead", A),
            ended(600_000, "r1", "duplicate", A),
            ended(800_000, "r1", "dead", A),
        ],
        {"dead": 1},
    ),
    "a dead letter that an operator threw away": (
        [
            accepted(500_000, "r1", A),
            ended(500_010, "r1", "dead", A),
            ended(800_000, "r1", "discarded", A),
        ],
        {"discarded": 1},
    ),
    "an outcome after the window": (
        [accepted(899_999, "r1", A), ended(950_000, "r1", "delivered", A)],
        {"delivered": 1},
    ),
    "an outcome that by its function's clock came first": (
        [accepted(200_000, "r1", A), ended(199_990, "r1", "delivered", A)],
        {"delivered": 1},
    ),
    "accepted at the window's edges": (
        [
            accepted(199_999, "before", A),
            accepted(200_000, "first", A),
            accepted(899_999, "last", A),
            accepted(900_000, "after", A),
        ],
        {"missing": 2},
    ),
    "retries and then an outcome": (
        [
            accepted(500_000, "r1", A),
            retry(500_010, "r1"),
            retry(NOW - 1, "r1"),
            ended(NOW, "r1", "delivered", A),
        ],
        {"delivered": 1},
    ),
    "a retry that is still away": (
        [accepted(500_000, "r1", A), retry(500_010, "r1"), retry(NOW - AWAY - GRACE + 1, "r1")],
        {"in_flight": 1},
    ),
    "a retry that should have come back": (
        [accepted(500_000, "r1", A), retry(NOW - AWAY - GRACE, "r1")],
        {"missing": 1},
    ),
    "the retry of another": ([accepted(500_000, "r1", A), retry(NOW, "r2")], {"missing": 1}),
}


@pytest.mark.parametrize(("lines", "counts"), CASES.values(), ids=CASES)
def test_every_accepted_event_is_counted_once(lines: list[ReconciliationLine], counts: dict[str, int]) -> None:
    """The order of the lines does not matter."""
    for order in [lines, lines[::-1], [*lines[1:], *lines[:1]]]:
        assert counted(reconciled(order)) == counts


def test_any_order_of_a_replay_is_the_same() -> None:
    """Log groups are read one after the other, and streams are interleaved."""
    lines: list[ReconciliationLine] = [
        accepted(500_000, "r1", A),
        retry(500_010, "r1"),
        ended(500_020, "r1", "dead", A),
        ended(700_000, "r1", "delivered", A),
        accepted(500_005, "r2", A),
    ]
    for order in itertools.permutations(lines):
        assert counted(reconciled(order)) == {"delivered": 1, "missing": 1}


@pytest.mark.parametrize(("age", "counts"), [(GRACE - 1, {"in_flight": 1}), (GRACE, {"missing": 1})])
def test_a_just_accepted_event_is_in_flight(age: int, counts: dict[str, int]) -> None:
    """Its outcome may not be in the log yet; after the grace period it is missing."""
    assert counted(reconciled([accepted(NOW - age, "r1", A)], OPEN)) == counts


@pytest.mark.parametrize(("queued", "missing"), [(0, ["r1", "r2", "r3"]), (2, ["r1"]), (3, []), (9, [])])
def test_the_queue_explains_as_many_as_it_holds(queued: int, missing: list[str]) -> None:
    """The youngest count as queued; the missing are listed oldest first."""
    lines: list[ReconciliationLine] = [
        accepted(600_000, "r3", A),
        accepted(598_000, "r1", A),
        accepted(599_000, "r2", B),
    ]
    reconciliation = reconciled(lines, queued=queued)
    assert [line.about for line in reconciliation.missing] == missing
    assert sum(reconciliation.in_flight_by.values()) == 3 - len(missing)
    assert {why for _, why in reconciliation.in_flight_by} <= {"queued"}


def test_a_retry_counts_as_one_message_of_the_queue() -> None:
    """The message of the retry is on the queue too."""
    lines: list[ReconciliationLine] = [
        accepted(598_000, "r1", A),
        accepted(600_000, "r2", A),
        retry(NOW, "r2"),
    ]
    for queued in (0, 1):
        reconciliation = reconciled(lines, queued=queued)
        assert [line.about for line in reconciliation.missing] == ["r1"]
        assert dict(reconciliation.in_flight_by) == {(A, "retry"): 1}


def test_the_queue_explains_nothing_older_than_its_retention() -> None:
    """SQS deletes a message after its retention period."""
    lines: list[ReconciliationLine] = [accepted(NOW - KEEPS, "r1", A), accepted(NOW - KEEPS + 1, "r2", A)]
    reconciliation = reconciled(lines, queued=9)
    assert [line.about for line in reconciliation.missing] == ["r1"]


def test_outcomes_without_an_accepted_line_are_counted_separately() -> None:
    """Only outcomes in the window count, unless their accepted line may be late or is outside the window."""
    lines: list[ReconciliationLine] = [
        ended(500_000, "stranger", "delivered", A),
        ended(500_000, "stranger", "delivered", A),
        ended(500_000, "unreadable", "dead", "-"),
        ended(199_999, "earlier", "delivered", A),
        ended(900_000, "later", "delivered", A),
        accepted(900_001, "just-after", A),
        ended(899_999, "just-after", "delivered", A),
    ]
    reconciliation = reconciled(lines)
    assert dict(reconciliation.without_accepted) == {(A, "delivered"): 1, ("-", "dead"): 1}
    assert counted(reconciliation) == {}
    late: list[ReconciliationLine] = [
        ended(NOW - GRACE, "stranger", "ignored", A),
        ended(NOW - GRACE + 1, "late", "ignored", A),
    ]
    assert dict(reconciled(late, OPEN).without_accepted) == {(A, "ignored"): 1}


def test_rejected_requests_are_counted_by_reason() -> None:
    """Those in the window count; without a receipt id they are not part of the sum."""
    lines: list[ReconciliationLine] = [
        rejected(500_000, "wrong-signature", A),
        rejected(500_001, "wrong-signature", A),
        rejected(500_001, "queue", B),
        rejected(900_000, "queue", B),
        rejected(900_000, "too-large", B),
    ]
    reconciliation = reconciled(lines)
    assert dict(reconciliation.rejected) == {(A, "wrong-signature"): 2, (B, "queue"): 1}
    assert counted(reconciliation) == {}


def test_profiles_are_reconciled_separately() -> None:
    """The profile is that of the accepted line, because a dead envelope has none."""
    lines: list[ReconciliationLine] = [
        accepted(500_000, "r1", A),
        ended(500_010, "r1", "dead", "-"),
        accepted(500_000, "r2", B),
        rejected(500_000, "queue", A),
        rejected(500_000, "queue", B),
        ended(500_000, "r9", "dead", A),
        ended(500_000, "r8", "dead", B),
        accepted(500_001, "r3", A),
        accepted(800_000, "r4", B),
    ]
    whole = reconciled(lines, queued=1)
    assert [line.about for line in whole.missing] == ["r2", "r3"]
    part = whole.of(B)
    assert dict(part.counts) == {(B, "accepted"): 2, (B, "missing"): 1, (B, "in_flight"): 1}
    assert dict(part.in_flight_by) == {(B, "queued"): 1}
    assert dict(part.rejected) == {(B, "queue"): 1}
    assert dict(part.without_accepted) == {(B, "dead"): 1}
    assert [line.about for line in part.missing] == ["r2"]
    assert dict(whole.of(A).counts) == {(A, "accepted"): 2, (A, "dead"): 1, (A, "missing"): 1}


def test_every_outcome_of_the_processor_has_a_column() -> None:
    """A new outcome must not be missing from the sum."""
    assert {outcome.value for outcome in Outcome} | {"discarded"} == set(TERMINAL)
    assert set(TERMINAL) < set(COUNTS)
