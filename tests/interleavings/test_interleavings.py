"""The delivery protocol keeps its guarantees in any order of its calls, with faults between any two of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interleavings.interleaving import Interleavings, Violated
from tests.interleavings.report import report_of

ROOT = Path(__file__).parents[2]
LONG = 70

# Prints the trace of the seed in argv.
TRACE = """
import sys
from tests.interleavings.interleaving import Interleavings
print(*Interleavings().traced(int(sys.argv[1])).trace, sep="\\n")
"""


def assert_none(seeds: range) -> None:
    """Fail with the trace of the first interleaving that violates an invariant."""
    violated = next(Interleavings().run(seeds), None)
    assert violated is None, report_of(Interleavings().traced(violated.seed))


def test_f23_f39_no_event_is_lost_or_delivered_twice_in_some_hundred_interleavings() -> None:
    """Crashes, lost answers and wrong clocks lose nothing, and repeat only what nobody could know of."""
    assert_none(range(1, 401))


@pytest.mark.full  # three minutes
def test_f23_f39_no_event_is_lost_or_delivered_twice_in_many_interleavings() -> None:
    """The same with a hundred thousand; `make interleavings` runs a million."""
    assert_none(range(1_000, 101_000))


def test_a_seed_repeats_its_interleaving_exactly() -> None:
    """The trace is the same with other interleavings before it, and in another process with other hashes."""
    runs = Interleavings()
    assert list(runs.run(range(1, 20))) == []
    trace = runs.traced(LONG).trace
    assert len(trace) > 100
    for hashes in ("1", "2"):
        environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": hashes}
        run = subprocess.run(  # noqa: S603 -- this interpreter
            [sys.executable, "-c", TRACE, str(LONG)],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.splitlines() == trace


def test_a_failing_seed_says_how_to_repeat_it() -> None:
    """The report ends with the command, after the trace and what was violated."""
    report = report_of(Violated(7, ["the event r0 is lost"], ["0.000 s worker 1 Publish"]))
    assert report.splitlines() == [
        "0.000 s worker 1 Publish",
        "VIOLATED: the event r0 is lost.",
        "To repeat it with its trace: make interleavings COUNT=1 SEED=7",
    ]
