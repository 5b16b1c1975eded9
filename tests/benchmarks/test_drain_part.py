"""The comparison of the simulation with a soak test: the simulated side."""

from typing import Any

from benchmarks.drain_part import ended, failing, shares, simulated_ends


def drained(queued: int, runs: list[tuple[float, float]], **more: Any) -> dict[str, Any]:
    """The drain of a soak test, as its report has it."""
    return {"queued": queued, "runs": runs, "retried_at": [], "replayed_at": [], **more}


def test_a_drain_takes_its_runs_divided_by_the_concurrency() -> None:
    """A hundred runs of a tenth of a second, five at the same time; what is replayed late ends late."""
    runs = [(0.1, 0.1)] * 100
    assert round(max(simulated_ends(drained(100, runs), 1)), 3) == 2.0
    assert round(max(simulated_ends(drained(99, runs, replayed_at=[10.0]), 1)), 3) == 10.1


def test_a_message_comes_back_when_runs_failed_in_the_soak_test() -> None:
    """All runs of the first second did: each message is delivered after the visibility timeout of 6 s."""
    runs = [(0.1, 0.1)] * 10 + [(6.5, 0.1)] * 10
    ends = simulated_ends(drained(10, runs, retried_at=[0.1] * 10), 1)
    assert len(ends) == 10
    assert all(5 <= end <= 8 for end in ends)


def test_the_chance_of_a_failure_is_that_of_the_runs_about_then() -> None:
    """Half a second before and after; where no run ended, none fails."""
    chance = failing(drained(3, [(1.0, 0.1), (1.2, 0.1), (5.0, 0.1)], retried_at=[1.1]))
    assert [chance(at) for at in (1.0, 3.0, 5.0)] == [0.5, 0.0, 0.0]


def test_a_run_after_which_the_message_came_back_ends_nothing() -> None:
    """The run of a retry is the one that ended next after the line about it, or the last one."""
    runs = [(1.0, 0.1), (1.2, 0.1), (5.0, 0.1)]
    assert ended(drained(2, runs, retried_at=[1.1])) == [1.0, 5.0]
    assert ended(drained(2, runs, retried_at=[5.1])) == [1.0, 1.2]


def test_the_times_of_the_shares_are_those_of_their_last_message() -> None:
    """Of eleven messages, the sixth, the tenth and the last one."""
    assert shares([float(number) for number in range(10, -1, -1)]) == {"half": 5.0, "nine tenths": 9.0, "all": 10.0}
