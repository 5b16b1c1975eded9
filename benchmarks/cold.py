"""Measure cold starts: processes from their start to their first 200, and to their end."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.rows import BARE, Bench, BenchRow
from benchmarks.spread import ratios, spreads
from scripts.cli.exit_codes import FailedError

Figures = dict[str, float]
"""The measurements of one row in one round, by name with the unit at the end."""

Rounds = dict[str, list[Figures]]
"""The figures of each row, round by round."""

Step = Callable[[str], None]
"""Shows the next step."""

First = Callable[[], Path]
"""Returns a file with the first event of a process: a new one each time, if a repeated event would be a duplicate."""

_OK: Final = 200
_NANO: Final = 1e6  # in a millisecond
_FIGURES: Final = ("cold_ms", "cpu_ms", "rss_mb")


def cold_rounds(
    bench: Bench, firsts: Mapping[BenchRow, First], rounds: int, against: Sequence[str], step: Step
) -> dict[str, Any]:
    """Measure the bare interpreter and the rows one after the other in each round; return figures and ratios.

    The first round is discarded, because its files were not cached. Raise FailedError unless each response is 200.
    """
    found: Rounds = {name: [] for name in (BARE, *(row.name for row in firsts))}
    for number in range(rounds + 1):
        step(f"cold starts, round {number} of {rounds}")
        figures = {BARE: bare(bench)} | {row.name: cold(bench, row, first()) for row, first in firsts.items()}
        for name in found if number else ():
            found[name].append(figures[name])
    return {
        "rounds": rounds,
        "cold": {row: spreads(of_row) for row, of_row in found.items()},
        "cold_ratios": {figure: ratios(found, figure, against) for figure in _FIGURES},
    }


def bare(bench: Bench) -> Figures:
    """Measure the interpreter alone; its loaded modules are counted in a second process."""
    began = time.perf_counter()
    with bench.started(BARE, bench.command((), "pass")) as process:
        cpu = process.ended()
    whole = (time.perf_counter() - began) * 1000
    ask = "import measured; print(f'modules={len(sys.modules)} rss_kb={measured.kilobytes()}', flush=True)"
    with bench.started(BARE, bench.command((), ask)) as asked:
        facts = asked.facts()
    return {"cold_ms": whole, "cpu_ms": cpu * 1000, "modules": facts["modules"], "rss_mb": facts["rss_kb"] / 1024}


def cold(bench: Bench, row: BenchRow, first: Path) -> Figures:
    """Measure the first event of a row in a new process. Raise FailedError unless the response is 200.

    `cold_ms` is by our clock, from before the process is made to after its end, which comes right after the answer;
    `first_200_ms` is by its own, to the answer.
    """
    began = time.perf_counter()
    command = bench.measured(row, first, "once", time.monotonic_ns())
    with bench.started(row.name, command) as process:
        facts = process.facts()
        cpu = process.ended()
    whole = (time.perf_counter() - began) * 1000
    check(row.name, facts)
    return {
        "cold_ms": whole,
        "first_200_ms": facts["first_ns"] / _NANO,
        "init_ms": facts["init_ns"] / _NANO,
        "handler_ms": facts["handler_ns"] / _NANO,
        "cpu_ms": cpu * 1000,
        "rss_mb": facts["rss_kb"] / 1024,
        "modules": facts["modules"],
    }


def check(name: str, facts: dict[str, int]) -> None:
    """Raise FailedError unless the response was 200."""
    if facts["status"] != _OK:
        raise FailedError(f"{name} answered {facts['status']}, not 200, so there is nothing to compare.")
