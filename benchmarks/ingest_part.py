"""Measure cold starts and warm requests of ingest and the other listeners, round by round."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks import bodies
from benchmarks.cold import Figures, bare, check, cold
from benchmarks.processes import WorkerProcess
from benchmarks.rows import BARE, BOTO3, INGEST, POWERTOOLS, RAW, Bench, BenchRow
from benchmarks.spread import ratios, spreads

Step = Callable[[str], None]
"""Shows the next step."""

Rounds = dict[str, list[Figures]]
"""The figures of each row, round by round."""

# Requests in a row, so that one chunk of a row takes about as long as one of another size.
_CHUNKS: Final = {"1 KB": 60, "10 KB": 50, "200 KB": 12}

_COLD_AGAINST: Final = (BARE, RAW, BOTO3)
_PARTS: Final = {"cold_ms": _COLD_AGAINST, "cpu_ms": _COLD_AGAINST, "rss_mb": (BOTO3,)}


def measure(bench: Bench, rows: Sequence[BenchRow], rounds: int, step: Step) -> dict[str, Any]:
    """Return all figures and ratios as JSON values. Raise FailedError if a row does not respond with 200."""
    files = {row.name: bench.events(row) for row in rows}
    started = _cold_rounds(bench, rows, files, rounds, step)
    served = _warm_rounds(bench, rows, files, rounds, step)
    return {
        "rounds": rounds,
        "cold": {row: spreads(of_row) for row, of_row in started.items()},
        "cold_ratios": {figure: ratios(started, figure, others) for figure, others in _PARTS.items()},
        "warm": {row: spreads(of_row) for row, of_row in served.items()},
        "warm_ratios": {f"{size} cpu": ratios(served, f"{size} cpu_us", (RAW, BOTO3)) for size in bodies.SIZES},
    }


def _cold_rounds(bench: Bench, rows: Sequence[BenchRow], files: dict[str, Path], rounds: int, step: Step) -> Rounds:
    """One row after the other in each round; what the first one finds is thrown away, for its files were not cached."""
    found: Rounds = {name: [] for name in (BARE, *(row.name for row in rows))}
    for number in range(rounds + 1):
        step(f"cold starts, round {number} of {rounds}")
        figures = {BARE: bare(bench)} | {row.name: cold(bench, row, files[row.name]) for row in rows}
        for name in found if number else ():
            found[name].append(figures[name])
    return found


def _warm_rounds(bench: Bench, rows: Sequence[BenchRow], files: dict[str, Path], rounds: int, step: Step) -> Rounds:
    """Measure one long-lived process per row, in turns."""
    found: Rounds = {row.name: [] for row in rows}
    with ExitStack() as stack:
        served = {row: stack.enter_context(serving(bench, row, files[row.name])) for row in rows}
        for process in served.values():
            process.facts()
        for number in range(rounds + 1):
            step(f"warm requests, round {number} of {rounds}")
            figures: dict[str, Figures] = {row.name: {} for row in rows}
            for size in bodies.SIZES:
                for row, process in served.items():
                    figures[row.name] |= _chunk(row, process, size)
            for name in found if number else ():
                found[name].append(figures[name])
    return found


def serving(bench: Bench, row: BenchRow, events: Path) -> WorkerProcess:
    """A row's process that answers more events after its first, on the line `NAME COUNT`."""
    return bench.started(row.name, bench.measured(row, events, "serve", 0))


def _chunk(row: BenchRow, process: WorkerProcess, size: str) -> Figures:
    count = _CHUNKS[size]
    process.send(f"{size.replace(' ', '')} {count}")
    facts = process.facts()
    check(row.name, facts)
    return {f"{size} cpu_us": facts["cpu_ns"] / count / 1000, f"{size} wall_us": facts["wall_ns"] / count / 1000}


ROW_ORDER: Final = (BARE, RAW, INGEST, BOTO3, POWERTOOLS)
"""As they are shown; the peers come after them."""
