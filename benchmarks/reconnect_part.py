"""Measure the cost of a request whose kept connection to the queue was closed or broken."""

from collections.abc import Sequence
from typing import Any, Final

from benchmarks.cold import Figures, check
from benchmarks.ingest_part import Step, serving
from benchmarks.processes import WorkerProcess
from benchmarks.rows import INGEST, Bench, BenchRow
from benchmarks.spread import spreads
from benchmarks.stub_process import StubProcess

STATES: Final = {
    "alive": "",
    "closed by the server": "close",
    "reset": "reset",
    "half-open": "mute",
}
"""The state of the connection since the previous request, and the command for the stub."""

# Half-open costs a time-out each time.
_FEWER: Final = {"half-open": 3}


def measure(bench: Bench, stub: StubProcess, rows: Sequence[BenchRow], rounds: int, step: Step) -> dict[str, Any]:
    """Return wall and CPU time of one 1 KB request to ingest in each state, as JSON values."""
    [row] = [row for row in rows if row.name == INGEST]
    found: dict[str, list[Figures]] = {state: [] for state in STATES}
    with serving(bench, row, bench.events(row)) as process:
        process.facts()
        _request(process)
        for number in range(1, rounds + 1):
            step(f"reconnects, round {number} of {rounds}")
            for state, order in STATES.items():
                if number <= _FEWER.get(state, rounds):
                    if order:
                        stub.order(order)
                    found[state].append(_request(process))
                    _request(process)  # so that the next state begins with a connection that is well used
    return {"row": INGEST, "states": {state: spreads(figures) for state, figures in found.items()}}


def _request(process: WorkerProcess) -> Figures:
    process.send("1KB 1")
    facts = process.facts()
    check(INGEST, facts)
    return {"wall_ms": facts["wall_ns"] / 1e6, "cpu_ms": facts["cpu_ns"] / 1e6}
