"""The join of accepted lines with what became of the events: by case, in any order, and that it adds up."""

import itertools
from collections.abc import Sequence

import pytest

from processor.outcomes import Outcome
from scripts.reconciliation.reconcile import (
    COUNTS,
    TERMINAL,
    Accepted,
    Ended,
    Line,
    Patience,
    Reconciliation,
    Rejected,
    Retried,
    Window,
    reconciliation_of,
)

NOW = 1_000_000
GRACE = 100
AWAY = 1000
KEEPS = 500_000
WINDOW = Window(200_000, 900_000)
OPEN = Window(200_000, NOW)
A = "alma"
B = "consortium"


def patience(queued: int = 0) -> Patience:
    return Patience(now=NOW, queued=queued, queue_keeps=KEEPS, longest_away=AWAY, grace=GRACE)


def reconciled(lines: Sequence[Line], window: Window = WINDOW, *, queued: int = 0) -> Reconciliation:
    reconciliation = reconciliation_of(lines, window, patience(queued))
    for profile in {profile for profile, _ in reconciliation.counts}:
        counts = [reconciliation.counts[profile, name] for name in COUNTS]
        assert counts[0] == sum(counts[1:])
    return reconciliation


def counted(reconciliation: Reconciliation) -> dict[str, int]:
    """The counts of the profile alma, without `accepted`, which is their sum."""
    return {name: reconciliation.counts[A, name] for name in COUNTS[1:] if reconciliation.counts[A, name]}


CASES: dict[str, tuple[list[Line], dict[str, int]]] = {
    "nothing at all": ([], {}),
    "one that came out": ([Accepted(500_000, "r1", A), Ended(500_010, "r1", "delivered", A)], {"delivered": 1}),
    "each of the outcomes": (
        [
            *(Accepted(500_000, outcome, A) for outcome in TERMINAL),
            *(Ended(500_001, outcome, outcome, A) for outcome in TERMINAL),
        ],
        dict.fromkeys(TERMINAL, 1),
    ),
    "one without an outcome": ([Accepted(500_000, "r1", A)], {"missing": 1}),
    "lines that were stored twice": (
        [
            Accepted(500_000, "r1", A),
            Accepted(500_000, "r1", A),
            Ended(500_010, "r1", "ignored", A),
            Ended(500_010, "r1", "ignored", A),
        ],
        {"ignored": 1},
    ),
    "one missing whose line was stored twice": (
        [Accepted(500_000, "r1", A), Accepted(500_000, "r1", A)],
        {"missing": 1},
    ),
    "a dead letter that was replayed": (
        [Accepted(500_000, "r1", A), Ended(500_010, "r1", "dead", A), Ended(800_000, "r1", "delivered", A)],
        {"delivered": 1},
    ),
    "a dead letter that was replayed and died again": (
        [
            Accepted(500_000, "r1", A),
            Ended(500_010, "r1", "dead", A),
            Ended(600_000, "r1", "duplicate", A),
            Ended(800_000, "r1", "dead", A),
        ],
        {"dead": 1},
    ),
    "a dead letter that an operator threw away": (
        [Accepted(500_000, "r1", A), Ended(500_010, "r1", "dead", A), Ended(800_000, "r1", "discarded", A)],
        {"discarded": 1},
    ),
    "an outcome after the window": (
        [Accepted(899_999, "r1", A), Ended(950_000, "r1", "delivered", A)],
        {"delivered": 1},
    ),
    "an outcome that by its function's clock came first": (
        [Accepted(200_000, "r1", A), Ended(199_990, "r1", "delivered", A)],
        {"delivered": 1},
    ),
    "accepted at the window's edges": (
        [
            Accepted(199_999, "before", A),
            Accepted(200_000, "first", A),
            Accepted(899_999, "last", A),
            Accepted(900_000, "after", A),
        ],
        {"missing": 2},
    ),
    "retries and then an outcome": (
        [
            Accepted(500_000, "r1", A),
            Retried(500_010, "r1"),
            Retried(NOW - 1, "r1"),
            Ended(NOW, "r1", "delivered", A),
        ],
        {"delivered": 1},
    ),
    "a retry that is still away": (
        [Accepted(500_000, "r1", A), Retried(500_010, "r1"), Retried(NOW - AWAY - GRACE + 1, "r1")],
        {"in_flight": 1},
    ),
    "a retry that should have come back": (
        [Accepted(500_000, "r1", A), Retried(NOW - AWAY - GRACE, "r1")],
        {"missing": 1},
    ),
    "the retry of another": ([Accepted(500_000, "r1", A), Retried(NOW, "r2")], {"missing": 1}),
}


@pytest.mark.parametrize(("lines", "counts"), CASES.values(), ids=CASES)
def test_every_accepted_event_is_counted_once(lines: list[Line], counts: dict[str, int]) -> None:
    """In whichever order the lines come."""
    for order in [lines, lines[::-1], [*lines[1:], *lines[:1]]]:
        assert counted(reconciled(order)) == counts


def test_any_order_of_a_replay_is_the_same() -> None:
    """Logs of two groups are read one after the other, and streams side by side."""
    lines: list[Line] = [
        Accepted(500_000, "r1", A),
        Retried(500_010, "r1"),
        Ended(500_020, "r1", "dead", A),
        Ended(700_000, "r1", "delivered", A),
        Accepted(500_005, "r2", A),
    ]
    for order in itertools.permutations(lines):
        assert counted(reconciled(order)) == {"delivered": 1, "missing": 1}


@pytest.mark.parametrize(("age", "counts"), [(GRACE - 1, {"in_flight": 1}), (GRACE, {"missing": 1})])
def test_what_was_just_accepted_is_in_flight(age: int, counts: dict[str, int]) -> None:
    """Its outcome line may not have reached the log; a moment later it must have."""
    assert counted(reconciled([Accepted(NOW - age, "r1", A)], OPEN)) == counts


@pytest.mark.parametrize(("queued", "missing"), [(0, ["r1", "r2", "r3"]), (2, ["r1"]), (3, []), (9, [])])
def test_the_queue_explains_as_many_as_it_holds(queued: int, missing: list[str]) -> None:
    """The youngest, for it does not tell which; the oldest are named, oldest first."""
    lines: list[Line] = [Accepted(600_000, "r3", A), Accepted(598_000, "r1", A), Accepted(599_000, "r2", B)]
    reconciliation = reconciled(lines, queued=queued)
    assert [line.receipt_id for line in reconciliation.missing] == missing
    assert sum(reconciliation.in_flight_by.values()) == 3 - len(missing)
    assert {why for _, why in reconciliation.in_flight_by} <= {"queued"}


def test_a_retry_takes_one_of_the_queues_messages() -> None:
    """The message that is away is one of those that the queue holds."""
    lines: list[Line] = [Accepted(598_000, "r1", A), Accepted(600_000, "r2", A), Retried(NOW, "r2")]
    for queued in (0, 1):
        reconciliation = reconciled(lines, queued=queued)
        assert [line.receipt_id for line in reconciliation.missing] == ["r1"]
        assert dict(reconciliation.in_flight_by) == {(A, "retry"): 1}


def test_the_queue_explains_nothing_that_it_cannot_keep_so_long() -> None:
    """SQS deletes a message after its retention period, whatever else lies on the queue."""
    lines: list[Line] = [Accepted(NOW - KEEPS, "r1", A), Accepted(NOW - KEEPS + 1, "r2", A)]
    reconciliation = reconciled(lines, queued=9)
    assert [line.receipt_id for line in reconciliation.missing] == ["r1"]


def test_outcomes_without_an_accepted_line_are_counted_apart() -> None:
    """Those of the window; not one whose accepted line may be late, nor one that was accepted beside the window."""
    lines: list[Line] = [
        Ended(500_000, "stranger", "delivered", A),
        Ended(500_000, "stranger", "delivered", A),
        Ended(500_000, "unreadable", "dead", "-"),
        Ended(199_999, "earlier", "delivered", A),
        Ended(900_000, "later", "delivered", A),
        Accepted(900_001, "just-after", A),
        Ended(899_999, "just-after", "delivered", A),
    ]
    reconciliation = reconciled(lines)
    assert dict(reconciliation.without_accepted) == {(A, "delivered"): 1, ("-", "dead"): 1}
    assert counted(reconciliation) == {}
    late: list[Line] = [Ended(NOW - GRACE, "stranger", "ignored", A), Ended(NOW - GRACE + 1, "late", "ignored", A)]
    assert dict(reconciled(late, OPEN).without_accepted) == {(A, "ignored"): 1}


def test_refused_requests_are_counted_by_reason() -> None:
    """Those of the window; they have no receipt id and are no part of the sum."""
    lines: list[Line] = [
        Rejected(500_000, "wrong-signature", A),
        Rejected(500_001, "wrong-signature", A),
        Rejected(500_001, "queue", B),
        Rejected(900_000, "queue", B),
    ]
    reconciliation = reconciled(lines)
    assert dict(reconciliation.rejected) == {(A, "wrong-signature"): 2, (B, "queue"): 1}
    assert counted(reconciliation) == {}


def test_profiles_are_reconciled_apart() -> None:
    """By the profile of the accepted line: a dead envelope does not tell its own."""
    lines: list[Line] = [
        Accepted(500_000, "r1", A),
        Ended(500_010, "r1", "dead", "-"),
        Accepted(500_000, "r2", B),
        Rejected(500_000, "queue", A),
        Rejected(500_000, "queue", B),
        Ended(500_000, "r9", "dead", A),
        Ended(500_000, "r8", "dead", B),
        Accepted(500_001, "r3", A),
        Accepted(800_000, "r4", B),
    ]
    whole = reconciled(lines, queued=1)
    assert [line.receipt_id for line in whole.missing] == ["r2", "r3"]
    part = whole.of(B)
    assert dict(part.counts) == {(B, "accepted"): 2, (B, "missing"): 1, (B, "in_flight"): 1}
    assert dict(part.in_flight_by) == {(B, "queued"): 1}
    assert dict(part.rejected) == {(B, "queue"): 1}
    assert dict(part.without_accepted) == {(B, "dead"): 1}
    assert [line.receipt_id for line in part.missing] == ["r2"]
    assert dict(whole.of(A).counts) == {(A, "accepted"): 2, (A, "dead"): 1, (A, "missing"): 1}


def test_every_outcome_of_the_processor_has_its_column() -> None:
    """A new one must not vanish from the sum."""
    assert {outcome.value for outcome in Outcome} | {"discarded"} == set(TERMINAL)
    assert set(TERMINAL) < set(COUNTS)
