"""Measure the processor: its cold start beside a minimal boto3 client, and the cost of each kind of message."""

from itertools import count
from pathlib import Path
from typing import Any, Final

from benchmarks import queued
from benchmarks.cold import Figures, bare, cold
from benchmarks.ingest_part import Rounds, Step, serving
from benchmarks.processes import WorkerProcess
from benchmarks.rows import BARE, Bench, BenchRow
from benchmarks.spread import ratios, spreads
from benchmarks.stub_process import StubProcess

BOTO3_AND_JSON: Final = "boto3 + json"
PROCESSOR: Final = "processor"
DUPLICATE: Final = "duplicate"

_CHUNK: Final = 20
_ROUNDS: Final = 5  # of messages


def measure(bench: Bench, stub: StubProcess, rounds: int, step: Step) -> dict[str, Any]:
    """Return all figures and ratios as JSON values. Raise FailedError if an event is not delivered."""
    place, packages = bench.place, bench.python.packages
    least = BenchRow(BOTO3_AND_JSON, "boto3_and_json:lambda_handler", (place.handlers, packages))
    ours = BenchRow(PROCESSOR, "processor.handler:lambda_handler", (place.processor, packages))
    first = bench.place.keep_events("first-queued", {"first": queued.event(queued.kinds()["topic"], 0)})
    started: Rounds = {BARE: [], BOTO3_AND_JSON: [], PROCESSOR: []}
    for number in range(rounds + 1):
        step(f"the processor's cold starts, round {number} of {rounds}")
        figures = {BARE: bare(bench)} | {row.name: cold(bench, row, first) for row in (least, ours)}
        for name in started if number else ():
            started[name].append(figures[name])
    return {
        "rounds": rounds,
        "cold": {row: spreads(of_row) for row, of_row in started.items()},
        "cold_ratios": {
            figure: ratios(started, figure, (BARE, BOTO3_AND_JSON)) for figure in ("cold_ms", "cpu_ms", "rss_mb")
        },
        "messages": _messages(
            bench, stub, ours._replace(folders=(place.all_targets, packages)), min(rounds, _ROUNDS), step
        ),
    }


def _events(bench: Bench, rounds: int) -> Path:
    """Measure messages with distinct events, except for the kind of duplicates, which repeats the first."""
    numbers = count(1)
    made: dict[str, Any] = {"first": queued.event(queued.kinds()["topic"], 0)}
    for kind, body in queued.kinds().items():
        for number in range(rounds):
            made[_name(kind, number)] = [queued.event(body, next(numbers)) for _ in range(_CHUNK)]
    for number in range(rounds):
        made[_name(DUPLICATE, number)] = [made["first"]] * _CHUNK
    return bench.place.keep_events("queued", made)


def _messages(bench: Bench, stub: StubProcess, row: BenchRow, rounds: int, step: Step) -> dict[str, dict[str, Any]]:
    events = _events(bench, rounds + 1)
    found: Rounds = {kind: [] for kind in (*queued.kinds(), DUPLICATE)}
    calls: dict[str, dict[str, float]] = {}
    with serving(bench, row, events) as process:
        process.facts()
        for number in range(rounds + 1):
            step(f"messages, round {number} of {rounds}")
            for kind in found:
                figures = _chunk(process, _name(kind, number))
                calls[kind] = dict(sorted((name, count / _CHUNK) for name, count in stub.counts().items()))
                if number:
                    found[kind].append(figures)
    return {kind: {"calls": calls[kind], **spreads(figures)} for kind, figures in found.items()}


def _chunk(process: WorkerProcess, name: str) -> Figures:
    process.send(f"{name} {_CHUNK}")
    facts = process.facts()
    return {"cpu_ms": facts["cpu_ns"] / _CHUNK / 1e6, "wall_ms": facts["wall_ns"] / _CHUNK / 1e6}


def _name(kind: str, number: int) -> str:
    """A word that a measured process receives."""
    return f"{kind.replace(' ', '-')}/{number}"
