"""How the counts and the summary of a simulation are shown."""

from scripts.alma_client.retry_policy import AttemptResult, Verdict
from scripts.devtools.simulator.simulation_show import counts, lines
from scripts.devtools.simulator.simulation_tally import Tally
from tests.scripts.devtools.simulator.simulated import ended, planned


def tally_of(*verdicts: Verdict) -> Tally:
    tally = Tally()
    for number, verdict in enumerate(verdicts, 1):
        tally.began(planned(number), number)
        tally.answered(AttemptResult(200, "r", 0.02))
        tally.ended(ended(verdict, number, status=None if verdict is Verdict.dropped else 404, attempts=number))
    return tally


def shown(tally: Tally) -> list[str]:
    return lines({"seed": 7, "seconds": 1.5, **tally.facts})


def test_the_counts_are_a_line() -> None:
    """Sent, unfinished and unexpected posts."""
    assert counts(tally_of(Verdict.accepted, Verdict.lost)) == (
        "2 sent, 0 in progress or waiting for a retry, 1 unexpected"
    )


def test_the_summary_has_a_line_for_each_thing() -> None:
    """Counts, rate, latency, and the seed that brings the same events again."""
    text = shown(tally_of(Verdict.accepted, Verdict.accepted, Verdict.rejected))
    assert text == [
        "sent         3 in 1.5 s, 1.0 per second (seed 7)",
        "injected     duplicates 0, reordered 0, bad signatures 0, odd bytes 0",
        "accepted     2",
        "rejected     1, as expected",
        "retried      0",
        "unanswered   0",
        "lost         0",
        "dropped      0",
        "unexpected   0",
        "unfinished   0",
        "latency      p50 20, p95 20, p99 20, max 20 ms",
    ]


def test_what_was_not_expected_is_named() -> None:
    """By its number and its receipt id, with the last answer."""
    text = shown(tally_of(Verdict.lost, Verdict.dropped))
    assert text[-2:] == [
        "UNEXPECTED: post 1, LOAN_CREATED: lost, 404 at the first attempt, receipt r-1",
        "UNEXPECTED: post 2, LOAN_CREATED: dropped, no response after 2 attempts, receipt r-2",
    ]


def test_a_flood_of_the_unexpected_is_cut() -> None:
    """The first twenty, and how many more there are."""
    text = shown(tally_of(*[Verdict.surprise] * 23))
    assert len([line for line in text if line.startswith("UNEXPECTED")]) == 20
    assert text[-1] == "… and 3 more; --output json has them all"


def test_nothing_sent_is_shown_too() -> None:
    """No rate and no latency, but no failure either."""
    text = shown(Tally())
    assert text[0] == "sent         0 in 1.5 s (seed 7)"
    assert text[-1] == "latency      -"
