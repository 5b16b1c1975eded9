"""Measure the processor: its cold start beside a floor, and the cost of a message, beside the version before."""

from collections.abc import Mapping
from contextlib import ExitStack
from itertools import count
from typing import Any, Final

from benchmarks.bench_events import queued_bodies, queued_event
from benchmarks.cold import Figures, First, Rounds, Step, cold_rounds
from benchmarks.processes import WorkerProcess
from benchmarks.rows import BARE, Bench, BenchRow
from benchmarks.spread import ratio, spreads
from benchmarks.stub import Stub

SAME_CLIENTS: Final = "boto3, same clients"
PROCESSOR: Final = "processor"
BEFORE: Final = "the version before"

_DUPLICATE: Final = "duplicate"
_CHUNK: Final = 20  # messages
_MOST_ROUNDS: Final = 5

Messages = dict[str, dict[str, Any]]
"""By kind of message: the figures of one, and the calls that it made, as JSON values."""


def measure(bench: Bench, stub: Stub, rounds: int, step: Step) -> dict[str, Any]:
    """Return all figures and ratios as JSON values. Raise FailedError if an event is not delivered.

    `messages_before` and `cpu_ratios` are there if the workspace has the version before.
    """
    place, packages = bench.place, bench.python.packages
    floor = BenchRow(SAME_CLIENTS, "boto3_same_clients:lambda_handler", (place.handlers, packages))
    zips = {PROCESSOR: place.all_targets} | ({BEFORE: place.before} if place.before else {})
    rows = [BenchRow(name, "processor.handler:lambda_handler", (folder, packages)) for name, folder in zips.items()]
    shipped = BenchRow(PROCESSOR, "processor.handler:lambda_handler", (place.processor, packages))
    cold = cold_rounds(
        bench, dict.fromkeys((floor, shipped), first_deliveries(bench)), rounds, (BARE, SAME_CLIENTS), step
    )
    return {**cold, **_messages(bench, stub, rows, min(rounds, _MOST_ROUNDS), step)}


def first_deliveries(bench: Bench) -> First:
    """Return a function that makes another event to a topic each time."""
    body, numbers = queued_bodies()["topic"], count(10**14)
    return lambda: bench.place.keep_events("first-queued", [queued_event(body, next(numbers))])


def _messages(bench: Bench, stub: Stub, rows: list[BenchRow], rounds: int, step: Step) -> dict[str, Any]:
    """Measure chunks of distinct events, the rows in turns. The kind of duplicates repeats the first event."""
    kinds, numbers = queued_bodies(), count(1)
    found: dict[str, Rounds] = {row.name: {kind: [] for kind in (*kinds, _DUPLICATE)} for row in rows}
    calls: dict[str, dict[str, dict[str, float]]] = {row.name: {} for row in rows}
    first = queued_event(kinds["topic"], 0)
    with ExitStack() as stack:
        kept = bench.place.keep_events("first-queued", [first])
        served = {row.name: stack.enter_context(bench.serving(row, kept)) for row in rows}
        stub.counts()  # those of their starts
        for number in range(rounds + 1):
            step(f"messages, round {number} of {rounds}")
            for kind in (*kinds, _DUPLICATE):
                for name, process in served.items():
                    made = [
                        first if kind == _DUPLICATE else queued_event(kinds[kind], next(numbers)) for _ in range(_CHUNK)
                    ]
                    figures = _chunk(bench, process, made)
                    calls[name][kind] = {call: times / _CHUNK for call, times in sorted(stub.counts().items())}
                    if number:
                        found[name][kind].append(figures)
    return _facts(found, calls)


def _chunk(bench: Bench, process: WorkerProcess, events: list[Any]) -> Figures:
    facts = process.ask(str(bench.place.keep_events("queued", events)))
    return {f"{unit}_ms": facts[f"{unit}_ns"] / len(events) / 1e6 for unit in ("cpu", "wall")}


def _facts(found: Mapping[str, Rounds], calls: Mapping[str, dict[str, dict[str, float]]]) -> dict[str, Any]:
    messages: dict[str, Messages] = {
        name: {kind: {"calls": calls[name][kind], **spreads(figures)} for kind, figures in kinds.items()}
        for name, kinds in found.items()
    }
    if BEFORE not in found:
        return {"messages": messages[PROCESSOR]}
    ratios = {kind: ratio(_cpu(found[PROCESSOR][kind]), _cpu(found[BEFORE][kind])) for kind in found[PROCESSOR]}
    return {"messages": messages[PROCESSOR], "messages_before": messages[BEFORE], "cpu_ratios": ratios}


def _cpu(rounds: list[Figures]) -> list[float]:
    return [figures["cpu_ms"] for figures in rounds]
