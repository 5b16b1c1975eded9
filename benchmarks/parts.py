"""Measure the parts of the benchmark: ingest beside other listeners, reconnects, and growth."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import zip_longest
from typing import Any, Final

from benchmarks.bench_events import BODY_SIZES, gateway_event, numbered, queued_bodies, queued_event
from benchmarks.cold import Figures, Rounds, Step, check, cold_rounds
from benchmarks.processes import WorkerProcess
from benchmarks.rows import BARE, BOTO3, FLOOR, INGEST, RAW, Bench, BenchRow
from benchmarks.spread import ratios, spreads
from benchmarks.stub import Disturbance, Stub
from scripts.cli.plural import plural

STATES: Final[Mapping[str, Disturbance | None]] = {
    "alive": None,
    "closed by the server": "close",
    "reset": "reset",
    "half-open": "mute",
}
"""The state of a kept connection since the previous request, and how the stub makes it so."""

MOST: Final = {"ingest": 100_000, "processor": 10_000}
"""Events of growth, powers of ten: as many as fit into a minute on the slower of them."""

Grown = list[dict[str, Any]]
"""A row for each power of ten, as JSON values."""

# Requests in a row, so that one chunk of a row takes about as long as one of another size.
_CHUNKS: Final = {"1 KB": 60, "10 KB": 50, "200 KB": 12}
_FEWER: Final = {"half-open": 3}  # costs a time-out each time

_BATCH: Final = 500
_TURNS: Final = 20


def listeners(bench: Bench, rows: Sequence[BenchRow], rounds: int, step: Step) -> dict[str, Any]:
    """Return all figures and ratios as JSON values. Raise FailedError if a row does not respond with 200."""
    cold = cold_rounds(bench, {row: partial(bench.request, row) for row in rows}, rounds, (BARE, RAW, BOTO3), step)
    served = _warm_rounds(bench, rows, rounds, step)
    return {
        **cold,
        "warm": {row: spreads(of_row) for row, of_row in served.items()},
        "warm_ratios": {f"{size} cpu": ratios(served, f"{size} cpu_us", (FLOOR, RAW, BOTO3)) for size in BODY_SIZES},
    }


def _warm_rounds(bench: Bench, rows: Sequence[BenchRow], rounds: int, step: Step) -> Rounds:
    """Measure one long-lived process per row, in turns."""
    found: Rounds = {row.name: [] for row in rows}
    with ExitStack() as stack:
        served = {row: stack.enter_context(bench.serving(row, bench.request(row))) for row in rows}
        for number in range(rounds + 1):
            step(f"warm requests, round {number} of {rounds}")
            figures: dict[str, Figures] = {row.name: {} for row in rows}
            for size in BODY_SIZES:
                for row, process in served.items():
                    figures[row.name] |= _chunk(bench, row, process, size)
            for name in found if number else ():
                found[name].append(figures[name])
    return found


def _chunk(bench: Bench, row: BenchRow, process: WorkerProcess, size: str) -> Figures:
    requests = _CHUNKS[size]
    facts = process.ask(str(bench.request(row, size, requests)))
    check(row.name, facts)
    return {f"{size} cpu_us": facts["cpu_ns"] / requests / 1000, f"{size} wall_us": facts["wall_ns"] / requests / 1000}


def reconnects(bench: Bench, stub: Stub, rows: Sequence[BenchRow], rounds: int, step: Step) -> dict[str, Any]:
    """Return wall and CPU time of one 1 KB request to ingest in each state, as JSON values."""
    [row] = [row for row in rows if row.name == INGEST]
    request = str(bench.request(row))
    found: dict[str, list[Figures]] = {state: [] for state in STATES}
    with bench.serving(row, bench.request(row)) as process:
        _request(process, request)
        for number in range(1, rounds + 1):
            step(f"reconnects, round {number} of {rounds}")
            for state, disturbance in STATES.items():
                if number <= _FEWER.get(state, rounds):
                    if disturbance:
                        stub.disturb(disturbance)
                    found[state].append(_request(process, request))
                    _request(process, request)  # so that the next state begins with a connection that is well used
    return {"row": INGEST, "states": {state: spreads(figures) for state, figures in found.items()}}


def _request(process: WorkerProcess, request: str) -> Figures:
    facts = process.ask(request)
    check(INGEST, facts)
    return {"wall_ms": facts["wall_ns"] / 1e6, "cpu_ms": facts["cpu_ns"] / 1e6}


def growth(bench: Bench, most: dict[str, int], step: Step) -> dict[str, Grown]:
    """Return the rows of both functions, which work at the same time, each on a core."""
    place, body = bench.place, queued_bodies()["topic"]
    ingest = BenchRow(INGEST, "ingest.handler:lambda_handler", (place.ingest,))
    processor = BenchRow("processor", "processor.handler:lambda_handler", (place.processor, bench.python.packages))
    found: dict[str, Grown] = {"ingest": [], "processor": []}
    turns = (
        _growing(bench, ingest, lambda number: gateway_event(numbered(body, number)), most, found),
        _growing(bench, processor, lambda number: queued_event(body, number), most, found),
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
