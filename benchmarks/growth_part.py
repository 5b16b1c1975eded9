"""Measure time and memory per event as their number grows, to detect leaks. AWS is faked in the process."""

from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from benchmarks import bodies, queued
from benchmarks.ingest_part import Step
from benchmarks.processes import WorkerProcess
from benchmarks.rows import Bench
from scripts.cli.plural import plural

MOST: Final = {"ingest": 100_000, "processor": 10_000}
"""Events, powers of ten: as many as fit into half a minute on the slower of them."""


def measure(bench: Bench, most: dict[str, int], step: Step) -> dict[str, Any]:
    """Return a row for each power of ten, as JSON values. Both functions run in parallel, each on a core."""
    place = bench.place
    body = queued.kinds()["topic"]
    templates = {
        "ingest": (bodies.gateway_event(body), (place.ingest,)),
        "processor": (queued.event(body, int(queued.NUMBER)), (place.processor, bench.python.packages)),
    }
    with ExitStack() as stack:
        running = {
            kind: stack.enter_context(_growing(bench, kind, template, folders, most[kind]))
            for kind, (template, folders) in templates.items()
        }
        return {kind: _rows(kind, process, most[kind], step) for kind, process in running.items()}


def _growing(bench: Bench, kind: str, template: Any, folders: Sequence[Path], most: int) -> WorkerProcess:
    events = bench.place.keep_events(f"growing-{kind}", {"template": template})
    statement = f"import growing; growing.run({kind!r}, {str(events)!r}, '{most}')"
    return bench.started(f"Growth of {kind}", bench.command(folders, statement))


def _rows(kind: str, process: WorkerProcess, most: int, step: Step) -> list[dict[str, Any]]:
    measured: list[dict[str, int]] = [{"events": 0, "ns": 0, "rss_kb": 0}]
    while measured[-1]["events"] < most:
        step(f"growth: {kind} after {plural(measured[-1]['events'], 'event')}")
        measured.append(process.facts())
    return [_row(before, after) for before, after in pairwise(measured)]


def _row(before: dict[str, int], after: dict[str, int]) -> dict[str, Any]:
    """The first event's memory is the interpreter's and all imports', so it counts for no event."""
    events = after["events"] - before["events"]
    grown = (after["rss_kb"] - before["rss_kb"]) * 1024 / events if before["events"] else 0.0
    return {
        "events": after["events"],
        "us_per_event": round(after["ns"] / 1000, 1),
        "rss_mb": round(after["rss_kb"] / 1024, 1),
        "bytes_per_event": round(grown, 1),
    }
