"""Measure one cold start: a process from its start to its first 200, and to its end."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.rows import BARE, Bench, BenchRow
from scripts.cli.exit_codes import FailedError

Figures = dict[str, float]
"""The measurements of one row in one round, by name with the unit at the end."""

_OK: Final = 200
_NANO: Final = 1e6  # in a millisecond


def bare(bench: Bench) -> Figures:
    """Measure the interpreter alone; its loaded modules are counted in a second process."""
    figures = _alone(bench.command((), "pass"), bench, BARE)
    ask = "import measured; print(f'modules={len(sys.modules)} rss_kb={measured.peak_kilobytes()}', flush=True)"
    with bench.started(BARE, bench.command((), ask)) as asked:
        facts = asked.facts()
    return figures | {"modules": facts["modules"], "rss_mb": facts["rss_kb"] / 1024}


def cold(bench: Bench, row: BenchRow, events: Path) -> Figures:
    """Measure the first event of a row in a new process. Raise FailedError unless the response is 200.

    `cold_ms` is by our clock, from before the process is made to after its end, which comes right after the answer;
    `first_200_ms` is by its own, to the answer.
    """
    began = time.perf_counter()
    command = bench.measured(row, events, "once", time.monotonic_ns())
    with bench.started(row.name, command) as process:
        facts = process.facts()
        ended = process.ended()
    whole = (time.perf_counter() - began) * 1000
    check(row.name, facts)
    return {
        "cold_ms": whole,
        "first_200_ms": facts["first_ns"] / _NANO,
        "init_ms": facts["init_ns"] / _NANO,
        "handler_ms": facts["handler_ns"] / _NANO,
        "cpu_ms": ended.cpu * 1000,
        "rss_mb": facts["rss_kb"] / 1024,
        "modules": facts["modules"],
    }


def check(name: str, facts: dict[str, int]) -> None:
    """Raise FailedError unless the response was 200."""
    if facts["status"] != _OK:
        raise FailedError(f"{name} answered {facts['status']}, not 200, so there is nothing to compare.")


def _alone(command: Sequence[str], bench: Bench, said: str) -> Figures:
    began = time.perf_counter()
    with bench.started(said, command) as process:
        ended = process.ended()
    return {"cold_ms": (time.perf_counter() - began) * 1000, "cpu_ms": ended.cpu * 1000}
