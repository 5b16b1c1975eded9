"""Measure cold starts with the CPU share of a small Lambda function against Alma's five seconds. Needs control groups.

Two ways, for AWS gives INIT more than the function's share, without a promise: everything throttled; and the imports at
full speed, the first request throttled.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

from benchmarks.cold import Figures, Step
from benchmarks.cpu_share import ControlGroups, Throttle, share_of
from benchmarks.processes import WorkerProcess
from benchmarks.rows import Bench, BenchRow
from benchmarks.spread import spreads

SIZES: Final = (128, 256, 512)
"""Megabytes of memory."""

# "Webhooks", Ex Libris Developer Network.
BUDGET_MS: Final = 5000.0

ALL: Final = "everything throttled"
REQUEST: Final = "INIT at full speed"

_OK: Final = 200
_NANO: Final = 1e6
# So much of one core may be used at a time: more would slow what is measured beyond its share.
_AT_ONCE: Final = 0.5


class _Case(NamedTuple):
    row: BenchRow
    megabytes: int
    init: str


def measure(
    bench: Bench, groups: ControlGroups | None, rows: Sequence[BenchRow], lazy: BenchRow, rounds: int, step: Step
) -> dict[str, Any]:
    """Return the times of each row by memory, or the reason why there are none, as JSON values."""
    if groups is None:
        return {"available": False, "why": "No control group for the CPU can be made here (Linux, and root mostly)."}
    batches = list(_batches(rows, lazy))
    found: dict[_Case, list[Figures]] = {case: [] for batch in batches for case in batch}
    for number in range(1, rounds + 1):
        for count, batch in enumerate(batches, 1):
            step(f"shares of a core, round {number} of {rounds}, {batch[0].megabytes} MB ({count} of {len(batches)})")
            for case, figures in zip(batch, _side_by_side(bench, groups, batch), strict=True):
                found[case].append(figures)
    return {"available": True, "rounds": rounds, "rows": [_facts(case, figures) for case, figures in found.items()]}


def _batches(rows: Sequence[BenchRow], lazy: BenchRow) -> Iterator[list[_Case]]:
    """Yield batches of cases with equal memory and kind that together use at most half a core."""
    for megabytes in SIZES:
        at_once = max(int(_AT_ONCE / share_of(megabytes)), 1)
        for init, of_init in ((ALL, rows), (REQUEST, (*rows, lazy))):
            cases = [_Case(row, megabytes, init) for row in of_init]
            yield from (cases[first : first + at_once] for first in range(0, len(cases), at_once))


def _side_by_side(bench: Bench, groups: ControlGroups, batch: Sequence[_Case]) -> list[Figures]:
    """Measure cases in parallel, each in its own control group, once all have started."""
    with ExitStack() as stack:
        throttles = [stack.enter_context(groups.throttle(case.megabytes)) for case in batch]
        began = [_begun(bench, case, throttle, stack) for case, throttle in zip(batch, throttles, strict=True)]
        return [_ended(*each) for each in zip(began, throttles, batch, strict=True)]


def _begun(bench: Bench, case: _Case, throttle: Throttle, stack: ExitStack) -> WorkerProcess:
    mode = "once" if case.init == ALL else "paused"
    command = bench.measured(case.row, bench.request(case.row), mode, time.monotonic_ns())
    if case.init == ALL:
        command = throttle.started_in(command)
    process = stack.enter_context(bench.started(case.row.name, command))
    if case.init == REQUEST:
        process.facts()  # it has imported all, and waits
    return process


def _ended(process: WorkerProcess, throttle: Throttle, case: _Case) -> Figures:
    if case.init == REQUEST:
        throttle.add(process.pid)
        process.send("go")
    facts = process.facts()
    process.ended()
    init = facts["init_ns"] / _NANO
    request = facts["handler_ns"] / _NANO
    return {"total_ms": init + request, "handler_ms": request, "status": facts["status"]}


def _facts(case: _Case, rounds: Sequence[Figures]) -> dict[str, Any]:
    figures = spreads(rounds)
    slowest = round(max(each["total_ms"] for each in rounds), 1)
    statuses = sorted({round(each["status"]) for each in rounds})
    return {
        "row": case.row.name,
        "megabytes": case.megabytes,
        "share": round(share_of(case.megabytes), 4),
        "init": case.init,
        "total_ms": figures["total_ms"],
        "handler_ms": figures["handler_ms"],
        "slowest_ms": slowest,
        "statuses": statuses,
        "is_within_budget": statuses == [_OK] and slowest <= BUDGET_MS,
    }
