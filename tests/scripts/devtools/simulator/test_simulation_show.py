"""How a simulation is shown: a bar on a terminal, a line now and then elsewhere, and the summary."""

import io

import pytest
from rich.console import Console

from scripts.alma_client.retry_policy import AttemptResult, Verdict
from scripts.devtools.simulator.simulation_show import lines, progress
from scripts.devtools.simulator.simulation_tally import Tally
from tests.ingest.clocks import FakeClock
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


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_shown(is_terminal: bool) -> None:
    """On a terminal at once; in a log a line every ten seconds, and no more."""
    out, clock = io.StringIO(), FakeClock()
    console = Console(file=out, force_terminal=is_terminal, width=100, highlight=False)
    with progress(console, 10, clock) as report:
        report(tally_of(Verdict.accepted))
        for _ in range(4):
            clock.pass_(6)
            report(tally_of(Verdict.accepted, Verdict.lost))
    line = "2 sent, 0 in progress or waiting for a retry, 1 unexpected"
    assert line in out.getvalue()
    assert is_terminal or out.getvalue() == f"{line}\n" * 2


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
