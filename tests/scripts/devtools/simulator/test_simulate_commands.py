"""The output and exit codes of the command `simulate`, against servers on this computer."""

import json
import math
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.alma_client.client import signature
from scripts.alma_client.retry_policy import AttemptResult, Verdict
from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.devtools.simulator import simulate_commands
from scripts.devtools.simulator.planned_posts import Injections
from scripts.devtools.simulator.simulate import SimulationOptions
from scripts.devtools.simulator.simulate_commands import counts, lines
from scripts.devtools.simulator.simulation import Pacing
from scripts.devtools.simulator.simulation_tally import Tally
from scripts.local.send import Sender
from scripts.main import app
from tests.loopback import Loopback, answer
from tests.scripts.command import run
from tests.scripts.devtools.simulator.simulated import ended, planned

SECRET = "s3cret-of-the-test"
ACCEPTED = answer({"receipt_id": "r-1"})
# A retry after Alma's hour is one after 4 ms.
QUICK = ("--time-scale", "1000000", "--rate", "max")


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALMA_WEBHOOK_SECRET", SECRET)


def simulated(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["simulate", *arguments])


def test_an_event_that_met_two_503s_arrives() -> None:
    """The command sends three equal requests, exits with 0 and counts both retries in its summary."""
    with Loopback(answer({}, 503), answer({}, 503), ACCEPTED) as server:
        arguments = ("simulate", f"{server.url}/webhooks/alma", "--events", "1", "--output", "json", *QUICK)
        done = run(*arguments, environment={"ALMA_WEBHOOK_SECRET": SECRET})
    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads(done.stdout)
    assert (summary["sent"], summary["accepted"], summary["retried"], summary["unexpected"]) == (1, 1, 2, [])
    assert len({(request.body, request.headers["x-exl-signature"]) for request in server.received}) == 1
    [signed] = {request.headers["x-exl-signature"] for request in server.received}
    assert len(server.received) == 3
    assert signed == signature(server.received[0].body, secret=SECRET)
    assert SECRET not in done.stdout


def test_an_event_without_success_after_all_retries_is_a_failure() -> None:
    """Four attempts, the summary, one sentence, exit 1."""
    with Loopback(answer({}, 503)) as server:
        result = simulated(server.url, "--events", "1", "--alma-profile", "alma", *QUICK)
    assert len(server.received) == 4
    assert "dropped      1\n" in result.stdout
    assert "UNEXPECTED: post 1, " in result.stdout
    assert isinstance(result.exception, FailedError)
    sentence = "1 of 1 post ended unexpectedly: 1 without success after all retries."
    assert str(result.exception) == sentence


@pytest.mark.parametrize(("status", "counts"), [(404, (1, 0)), (302, (0, 1))])
def test_a_lost_event_or_an_unexpected_response_is_a_failure(status: int, counts: tuple[int, int]) -> None:
    """There is one attempt, and the summary is printed."""
    with Loopback(answer({}, status)) as server:
        result = simulated(server.url, "--events", "1", "--output", "json", *QUICK)
    assert len(server.received) == 1
    assert isinstance(result.exception, FailedError)
    summary = json.loads(result.stdout)
    assert (summary["lost"], summary["surprise"]) == counts


def test_a_forgery_that_is_accepted_is_a_failure() -> None:
    """It is listed as unexpected, with its receipt id."""
    with Loopback(ACCEPTED) as server:
        result = simulated(server.url, "--events", "1", "--bad-signatures", "1", *QUICK)
    assert isinstance(result.exception, FailedError)
    assert ": surprise, 200 at the first attempt, receipt r-1\n" in result.stdout


def test_another_host_is_rejected() -> None:
    """Exit 3 and one sentence."""
    result = simulated("https://alma.example/webhooks/alma")
    assert isinstance(result.exception, RejectedError)
    assert (result.stdout, RejectedError.exit_code) == ("", 3)


def test_every_flag_reaches_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each flag sets its own option."""
    received: list[SimulationOptions] = []

    def take(options: SimulationOptions, _: Any) -> dict[str, Any]:
        received.append(options)
        raise FailedError("enough")

    monkeypatch.setattr(simulate_commands, "run_simulation", take)
    flags = "--events 7 --seconds 9 --rate 3 --mix BIB --seed 5 --time-scale 60 --duplicates 0.1 --reorder 0.2"
    flags += " --bad-signatures 0.3 --odd-bytes 0.4 --concurrency 2 --stage stg --alma-profile p"
    flags += " --region r --aws-profile a --confirm-host h --record r"
    simulated("http://h/", *flags.split())
    [options] = received
    assert (options.url, options.events, options.mix) == ("http://h/", 7, "BIB")
    assert options.sender == Sender("stg", "p", None, "r", "a")
    assert options.injections == Injections(duplicates=0.1, reorder=0.2, bad_signatures=0.3, odd_bytes=0.4)
    assert options.pacing == Pacing(rate=3, scale=60, concurrency=2, seconds=9)
    assert (options.seed, options.consented_host, str(options.record)) == (5, "h", "r")
    simulated("http://h/")
    assert received[1].pacing == Pacing(rate=20, scale=3600, concurrency=8, seconds=math.inf)


def test_an_interrupted_run_prints_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The summary comes first, then an error with the number of unfinished events."""
    with Loopback(ACCEPTED) as server:
        whole = json.loads(simulated(server.url, "--events", "2", "--output", "json", *QUICK).stdout)
    stopped = whole | {"is_whole": False, "unfinished": 1}
    monkeypatch.setattr(simulate_commands, "run_simulation", lambda *_: stopped)
    result = simulated("http://127.0.0.1/")
    assert "unfinished   1\n" in result.stdout
    assert str(result.exception) == "Stopped early: 1 event would have been retried."


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
