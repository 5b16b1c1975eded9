"""What a simulation counts, and what it keeps of a post."""

import hashlib

import pytest

from scripts.alma_client.retry_policy import AttemptResult, Verdict
from scripts.devtools.simulator.simulation_tally import Tally
from tests.scripts.devtools.simulator.simulated import ended, planned


def test_an_empty_tally_has_no_rate_and_no_latency() -> None:
    """Nothing was sent: nothing to divide by."""
    facts = Tally().facts
    assert (facts["sent"], facts["rate"], facts["latency_ms"], facts["unexpected"]) == (0, None, None, [])


def test_every_end_is_counted_and_the_unexpected_are_named() -> None:
    """By number, event and receipt id; what ended as it should is only counted."""
    tally = Tally()
    for number, verdict in enumerate(Verdict, 1):
        tally.began(planned(number), 0)
        tally.ended(ended(verdict, number, status=400 + number))
    tally.began(planned(9), 0)
    facts = tally.facts
    assert {each.name: facts[each.name] for each in Verdict} == dict.fromkeys(
        ("accepted", "rejected", "lost", "dropped", "surprise"), 1
    )
    assert (facts["sent"], facts["unfinished"]) == (6, 1)
    assert [each["verdict"] for each in facts["unexpected"]] == ["lost", "dropped", "surprise"]
    assert facts["unexpected"][0] == {
        "number": 3,
        "event": "LOAN_CREATED",
        "verdict": "lost",
        "status": 403,
        "receipt_id": "r-3",
        "attempts": 1,
    }


def test_injections_are_counted_as_they_are_posted() -> None:
    """A reordering once for each pair."""
    tally = Tally()
    tally.began(planned(2), 0)
    tally.began(planned(1, is_forged=True), 0)
    tally.began(planned(3)._replace(is_odd=True), 0)
    tally.began(planned(4)._replace(duplicate_of=2), 0)
    assert tally.facts["injected"] == {"duplicates": 1, "reordered": 1, "bad_signatures": 1, "odd_bytes": 1}
    assert (tally.sent, tally.events) == (4, 3)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, {"p50": 1, "p95": 1, "p99": 1, "max": 1}),
        (100, {"p50": 50, "p95": 95, "p99": 99, "max": 100}),
        (7, {"p50": 4, "p95": 7, "p99": 7, "max": 7}),
    ],
)
def test_latency_is_by_nearest_rank(count: int, expected: dict[str, int]) -> None:
    """Times are in milliseconds, of answered requests in any order; others are counted apart."""
    tally = Tally()
    for milliseconds in reversed(range(1, count + 1)):
        tally.answered(AttemptResult(200, "r", milliseconds / 1000))
    tally.answered(AttemptResult(None, None, 5.0))
    assert tally.facts["latency_ms"] == expected
    assert tally.facts["unanswered"] == 1


def test_the_rate_is_that_of_first_attempts() -> None:
    """From the first to the last: five of them in two seconds are four steps."""
    tally = Tally()
    for number in range(5):
        tally.began(planned(number), 100 + number / 2)
    assert tally.facts["rate"] == 2.0


def test_the_record_of_an_accepted_post_can_be_compared_with_what_subscribers_got() -> None:
    """The body's digest, never the body."""
    found = ended(Verdict.accepted, 3, attempts=2)
    found = found._replace(planned=found.planned._replace(duplicate_of=1))
    assert found.record == {
        "number": 3,
        "event": "LOAN_CREATED",
        "sha256": hashlib.sha256(b"body 3").hexdigest(),
        "receipt_id": "r-3",
        "attempts": 2,
        "duplicate_of": 1,
    }
    assert [ended(verdict).record for verdict in Verdict if verdict is not Verdict.accepted] == [None] * 4
