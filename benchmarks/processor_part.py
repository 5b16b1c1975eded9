"""Measure the processor: its cold start beside a minimal boto3 client, and the cost of each kind of message."""

from itertools import count
from typing import Any, Final

from benchmarks import queued
from benchmarks.cold import Rounds, Step, cold_rounds
from benchmarks.rows import BARE, Bench, BenchRow
from benchmarks.spread import spreads
from benchmarks.stub import Stub

BOTO3_AND_JSON: Final = "boto3 + json"
PROCESSOR: Final = "processor"
DUPLICATE: Final = "duplicate"

_CHUNK: Final = 20
_ROUNDS: Final = 5  # of messages


def measure(bench: Bench, stub: Stub, rounds: int, step: Step) -> dict[str, Any]:
    """Return all figures and ratios as JSON values. Raise FailedError if an event is not delivered."""
    place, packages = bench.place, bench.python.packages
    least = BenchRow(BOTO3_AND_JSON, "boto3_and_json:lambda_handler", (place.handlers, packages))
    ours = BenchRow(PROCESSOR, "processor.handler:lambda_handler", (place.processor, packages))
    first = place.keep_events("first-queued", [queued.event(queued.kinds()["topic"], 0)])
    cold = cold_rounds(bench, {least: first, ours: first}, rounds, (BARE, BOTO3_AND_JSON), step)
    all_targets = ours._replace(folders=(place.all_targets, packages))
    return {**cold, "messages": _messages(bench, stub, all_targets, min(rounds, _ROUNDS), step)}


def _messages(bench: Bench, stub: Stub, row: BenchRow, rounds: int, step: Step) -> dict[str, dict[str, Any]]:
    """Measure chunks of distinct events, except for the kind of duplicates, which repeats the first event."""
    kinds, numbers = queued.kinds(), count(1)
    found: Rounds = {kind: [] for kind in (*kinds, DUPLICATE)}
    calls: dict[str, dict[str, float]] = {}
    first = queued.event(kinds["topic"], 0)
    with bench.serving(row, bench.place.keep_events("first-queued", [first])) as process:
        stub.counts()  # those of its start
        for number in range(rounds + 1):
            step(f"messages, round {number} of {rounds}")
            for kind in found:
                made = [first if kind == DUPLICATE else queued.event(kinds[kind], next(numbers)) for _ in range(_CHUNK)]
                facts = process.ask(str(bench.place.keep_events("queued", made)))
                calls[kind] = {name: calls / _CHUNK for name, calls in sorted(stub.counts().items())}
                if number:
                    figures = {f"{unit}_ms": facts[f"{unit}_ns"] / _CHUNK / 1e6 for unit in ("cpu", "wall")}
                    found[kind].append(figures)
    return {kind: {"calls": calls[kind], **spreads(figures)} for kind, figures in found.items()}
