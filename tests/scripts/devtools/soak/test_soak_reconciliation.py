"""Whether a reconciliation agrees with what a soak has counted: each rule, broken alone, is named."""

import pytest

from scripts.devtools.soak.soak_expectations import Expected
from scripts.devtools.soak.soak_reconciliation import disagreements
from scripts.reconciliation.reconcile import COUNTS

EXPECTED = {
    "d1": Expected(topics=frozenset({"a"})),
    "d2": Expected(executions=frozenset({"e"})),
    "d3": Expected(is_dead=True),
    "d4": Expected(),
}
# Each event once, and the first one a second time.
RIGHT = dict.fromkeys(COUNTS, 0) | {"accepted": 5, "delivered": 2, "duplicate": 1, "dead": 1, "ignored": 1}


def test_a_reconciliation_that_fits_is_not_contradicted() -> None:
    """Also where a worker died after it had delivered: a duplicate is that event's only outcome."""
    assert disagreements(RIGHT, EXPECTED, 1) == []
    assert disagreements(RIGHT | {"delivered": 1, "duplicate": 2}, EXPECTED, 1) == []


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"missing": 1}, "nothing is missing"),
        ({"in_flight": 1}, "nothing is in flight"),
        ({"accepted": 4}, "all events that Alma saw accepted are accepted"),
        ({"delivered": 3}, "not more events are delivered than arrived"),
        ({"delivered": 0, "duplicate": 1}, "all events that arrived are delivered or duplicates"),
        ({"dead": 0}, "all failed events are dead letters"),
        ({"ignored": 0}, "all events without a route are ignored"),
        ({"ignored": 2}, "outcomes add up to the accepted events"),
    ],
)
def test_what_does_not_fit_is_named(wrong: dict[str, int], rule: str) -> None:
    """Each of the rules by its name."""
    assert rule in disagreements(RIGHT | wrong, EXPECTED, 1)
