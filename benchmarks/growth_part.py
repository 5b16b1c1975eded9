"""Measure time and memory per event as their number grows, to detect leaks."""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any, Final

from benchmarks import bodies, queued
from benchmarks.cold import Step, check
from benchmarks.rows import INGEST, Bench, BenchRow
from scripts.cli.plural import plural

MOST: Final = {"ingest": 100_000, "processor": 10_000}
"""Events, powers of ten: as many as fit into a minute on the slower of them."""

_BATCH: Final = 500
_TURNS: Final = 20

Grown = list[dict[str, Any]]
"""A row for each power of ten, as JSON values."""


def measure(bench: Bench, most: dict[str, int], step: Step) -> dict[str, Grown]:
    """Return the rows of both functions, which work at the same time, each on a core."""
    place, body = bench.place, queued.kinds()["topic"]
    ingest = BenchRow(INGEST, "ingest.handler:lambda_handler", (place.ingest,))
    processor = BenchRow("processor", "processor.handler:lambda_handler", (place.processor, bench.python.packages))
    found: dict[str, Grown] = {"ingest": [], "processor": []}
    turns = (
        _growing(bench, ingest, lambda number: bodies.gateway_event(queued.numbered(body, number)), most, found),
        _growing(bench, processor, lambda number: queued.event(body, number), most, found),
    )
    for _ in zip_longest(*turns):
        step("growth: " + ", ".join(f"{kind} after {plural(_events(rows), 'event')}" for kind, rows in found.items()))
    return found


def _growing(
    bench: Bench, row: BenchRow, event: Callable[[int], Any], most: dict[str, int], found: dict[str, Grown]
) -> Iterator[None]:
    """Handle all events of a function; yield while it works on the last batch of a turn, so that the other one can."""
    done, rows, kilobytes, turn = 0, found[row.name], 0, max(most[row.name] // _TURNS, 1)
    with bench.serving(row, bench.place.keep_events(f"growing-{row.name}", [event(10**15)])) as process:
        while done < most[row.name]:
            cpu, mark = 0, 10 ** len(rows)
            while done < mark:
                ends = min(done + _BATCH, mark)
                events = [event(number) for number in range(done, ends)]
                process.send(str(bench.place.keep_events(f"growing-{row.name}", events)))
                if done // turn != ends // turn:
                    yield
                facts = process.facts()
                check(row.name, facts)
                cpu, done = cpu + facts["cpu_ns"], ends
            rows.append(_row(done, cpu / (done - _events(rows)), kilobytes, facts["rss_kb"], done - _events(rows)))
            kilobytes = facts["rss_kb"]


def _events(rows: Grown) -> int:
    return int(rows[-1]["events"]) if rows else 0


def _row(events: int, nanoseconds: float, before: int, after: int, added: int) -> dict[str, Any]:
    """The first event's memory is the interpreter's and all imports', so it counts for no event."""
    return {
        "events": events,
        "us_per_event": round(nanoseconds / 1000, 1),
        "rss_mb": round(after / 1024, 1),
        "bytes_per_event": round((after - before) * 1024 / added, 1) if before else 0.0,
    }
