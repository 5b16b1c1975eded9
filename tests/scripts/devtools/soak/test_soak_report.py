"""The report of a soak test: growth by tenths, and whether a reconciliation agrees with what was counted."""

from collections import Counter

import pytest

from scripts.devtools.soak.soak_report import MemorySample, disagreements, growth
from scripts.devtools.soak.soak_verdict import Expected
from scripts.reconciliation.reconcile import COUNTS

EXPECTED = {
    "d1": Expected(topics=frozenset({"a"})),
    "d2": Expected(executions=frozenset({"e"})),
    "d3": Expected(is_dead=True),
    "d4": Expected(),
}
# Each event once, and the first one a second time.
RIGHT = dict.fromkeys(COUNTS, 0) | {"accepted": 5, "delivered": 2, "duplicate": 1, "dead": 1, "ignored": 1}
NO_OUTCOME = "no more events lack an outcome than workers of the processor were killed"
NO_LINE = "no more accepted events lack a line than workers of ingest were killed"


def test_a_reconciliation_that_fits_is_not_contradicted() -> None:
    """Also where a worker died after it had delivered: a duplicate is that event's only outcome."""
    assert disagreements(RIGHT, EXPECTED, 1, Counter()) == []
    assert disagreements(RIGHT | {"delivered": 1, "duplicate": 2}, EXPECTED, 1, Counter()) == []


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"missing": 1}, NO_OUTCOME),
        ({"in_flight": 1}, NO_OUTCOME),
        ({"accepted": 4}, NO_LINE),
        ({"delivered": 3}, "not more events are delivered than arrived"),
        ({"delivered": 0, "duplicate": 1}, "all events that arrived are delivered or duplicates"),
        ({"dead": 0}, "all failed events are dead letters"),
        ({"ignored": 0}, "all events without a route are ignored"),
        ({"ignored": 2}, "outcomes add up to the accepted events"),
    ],
)
def test_what_does_not_fit_is_named(wrong: dict[str, int], rule: str) -> None:
    """Each of the rules by its name."""
    assert rule in disagreements(RIGHT | wrong, EXPECTED, 1, Counter())


@pytest.mark.parametrize("lost", ["delivered", "duplicate", "dead", "ignored"])
@pytest.mark.parametrize("instead", ["missing", "in_flight"])
def test_a_killed_worker_of_the_processor_may_lose_one_outcome(lost: str, instead: str) -> None:
    """And not one more."""
    counts = RIGHT | {lost: RIGHT[lost] - 1, instead: 1}
    assert disagreements(counts, EXPECTED, 1, Counter(processor=1)) == []
    assert disagreements(counts, EXPECTED, 1, Counter(ingest=1)) == [NO_OUTCOME]


@pytest.mark.parametrize("lost", ["delivered", "duplicate", "dead", "ignored"])
def test_a_killed_worker_of_ingest_may_lose_that_one_event_was_accepted(lost: str) -> None:
    """Its outcome is then not counted either."""
    counts = RIGHT | {lost: RIGHT[lost] - 1, "accepted": 4}
    assert disagreements(counts, EXPECTED, 1, Counter(ingest=1)) == []
    assert disagreements(counts, EXPECTED, 1, Counter(processor=1)) == [NO_LINE]


MB = 1024 * 1024


def test_each_tenth_has_its_own_rate_and_time() -> None:
    """A pipeline that slows down as the count grows shows it, and so does one that swells."""
    steady = [MemorySample(float(second), 0, second * 10, second, (400 + second) * MB) for second in range(11)]
    rows = growth(steady)
    assert len(rows) == 10
    assert {(row["rate"], row["ms_per_message"], row["kills"]) for row in rows} == {(10.0, 100.0, 1)}
    assert [row["megabytes"] for row in rows] == list(range(401, 411))
    slower = growth([*steady, MemorySample(20.0, 0, 200, 10, 500 * MB), MemorySample(120.0, 0, 300, 10, 600 * MB)])
    assert [row["rate"] for row in slower][-1] == 1.0
    assert slower[-1] == {"arrived": 300, "rate": 1.0, "ms_per_message": 1000.0, "megabytes": 600, "kills": 0}


def test_nothing_that_arrived_is_no_table() -> None:
    """Neither without samples nor without messages is there anything to divide."""
    assert growth([]) == []
    assert growth([MemorySample(1.0, 5, 0, 0, MB), MemorySample(2.0, 9, 0, 0, MB)]) == []
