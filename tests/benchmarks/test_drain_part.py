"""The comparison of the simulation with a soak test: the simulated side."""

from typing import Any

from benchmarks.drain_part import failing, pause_between, shares, simulated_ends


def drained(queued: int, runs: list[tuple[float, float, bool]], *replayed_at: float) -> dict[str, Any]:
    """The drain of a soak test, as its report has it."""
    return {"queued": queued, "runs": runs, "replayed_at": replayed_at}


def test_a_drain_takes_its_runs_divided_by_the_concurrency() -> None:
    """A hundred runs of a tenth of a second, five at the same time; what is replayed late ends late."""
    runs = [(0.1, 0.1, False)] * 100
    assert round(max(simulated_ends(drained(100, runs), 1)), 3) == 2.0
    assert round(max(simulated_ends(drained(99, runs, 10.0), 1)), 3) == 10.1


def test_a_message_comes_back_when_runs_failed_in_the_soak_test() -> None:
    """All runs of the first second did: each message is delivered after the visibility timeout of 6 s."""
    runs = [(0.1, 0.1, True)] * 10 + [(6.5, 0.1, False)] * 10
    ends = simulated_ends(drained(10, runs), 1)
    assert len(ends) == 10
    assert all(5 <= end <= 8 for end in ends)


def test_the_chance_of_a_failure_is_that_of_the_runs_about_then() -> None:
    """Half a second before and after; where no run ended, none fails."""
    chance = failing(drained(3, [(1.0, 0.1, True), (1.2, 0.1, False), (5.0, 0.1, False)]))
    assert [chance(at) for at in (1.0, 3.0, 5.0)] == [0.5, 0.0, 0.0]


def test_the_times_of_the_shares_are_those_of_their_last_message() -> None:
    """Of eleven messages, the sixth and the tenth."""
    assert shares([float(number) for number in range(10, -1, -1)]) == {"half": 5.0, "nine tenths": 9.0}


def test_the_time_between_two_runs_is_that_of_busy_workers() -> None:
    """Two workers: each begins again a tenth of a second after it has ended; without a second run there is none."""
    runs = [(1.0, 1.0, False), (1.5, 1.0, False), (2.1, 1.0, False), (2.6, 1.0, True)]
    assert round(pause_between(runs, 2), 3) == 0.1
    assert pause_between(runs[:2], 2) == 0.0
