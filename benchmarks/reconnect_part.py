"""Measure the cost of a request whose kept connection to the queue was closed or broken."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from benchmarks.cold import Figures, Step, check
from benchmarks.processes import WorkerProcess
from benchmarks.rows import INGEST, Bench, BenchRow
from benchmarks.spread import spreads
from benchmarks.stub import Disturbance, Stub

STATES: Final[Mapping[str, Disturbance | None]] = {
    "alive": None,
    "closed by the server": "close",
    "reset": "reset",
    "half-open": "mute",
}
"""The state of the connection since the previous request, and how the stub makes it so."""

# Half-open costs a time-out each time.
_FEWER: Final = {"half-open": 3}


def measure(bench: Bench, stub: Stub, rows: Sequence[BenchRow], rounds: int, step: Step) -> dict[str, Any]:
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
