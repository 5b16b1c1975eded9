"""Measure cold starts and warm requests of ingest and the other listeners, round by round."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

from benchmarks import bodies
from benchmarks.cold import Figures, Rounds, Step, check, cold_rounds
from benchmarks.processes import WorkerProcess
from benchmarks.rows import BARE, BOTO3, RAW, Bench, BenchRow
from benchmarks.spread import ratios, spreads

# Requests in a row, so that one chunk of a row takes about as long as one of another size.
_CHUNKS: Final = {"1 KB": 60, "10 KB": 50, "200 KB": 12}


def measure(bench: Bench, rows: Sequence[BenchRow], rounds: int, step: Step) -> dict[str, Any]:
    """Return all figures and ratios as JSON values. Raise FailedError if a row does not respond with 200."""
    cold = cold_rounds(bench, {row: bench.request(row) for row in rows}, rounds, (BARE, RAW, BOTO3), step)
    served = _warm_rounds(bench, rows, rounds, step)
    return {
        **cold,
        "warm": {row: spreads(of_row) for row, of_row in served.items()},
        "warm_ratios": {f"{size} cpu": ratios(served, f"{size} cpu_us", (RAW, BOTO3)) for size in bodies.SIZES},
    }


def _warm_rounds(bench: Bench, rows: Sequence[BenchRow], rounds: int, step: Step) -> Rounds:
    """Measure one long-lived process per row, in turns."""
    found: Rounds = {row.name: [] for row in rows}
    with ExitStack() as stack:
        served = {row: stack.enter_context(bench.serving(row, bench.request(row))) for row in rows}
        for number in range(rounds + 1):
            step(f"warm requests, round {number} of {rounds}")
            figures: dict[str, Figures] = {row.name: {} for row in rows}
            for size in bodies.SIZES:
                for row, process in served.items():
                    figures[row.name] |= _chunk(bench, row, process, size)
            for name in found if number else ():
                found[name].append(figures[name])
    return found


def _chunk(bench: Bench, row: BenchRow, process: WorkerProcess, size: str) -> Figures:
    count = _CHUNKS[size]
    facts = process.ask(str(bench.request(row, size, count)))
    check(row.name, facts)
    return {f"{size} cpu_us": facts["cpu_ns"] / count / 1000, f"{size} wall_us": facts["wall_ns"] / count / 1000}
