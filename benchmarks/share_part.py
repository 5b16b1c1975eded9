"""Measure cold starts with the CPU share of a small Lambda function against Alma's five seconds. Linux only.

Two ways, for AWS gives INIT more than the function's share, without a promise: everything throttled; and the imports at
full speed, the first request throttled.

Control groups limit the share. "Configure Lambda function memory", AWS Lambda Developer Guide: 1,769 MB are one vCPU,
and the share grows with the memory. The guide does not give the scheduling period; others have measured 20 ms, which is
used here.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from tenacity import retry, stop_after_delay, wait_fixed

from benchmarks.cold import Figures, Step
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

_WHOLE_CORE_MEGABYTES: Final = 1769
_PERIOD_MICROSECONDS: Final = 20_000
_NAME: Final = "alma-webhooks-bench"
_EMPTY_SECONDS: Final = 2.0

# The second version has one tree for all; in the first, "cpu" is a tree of its own.
_ROOTS: Final = (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup/cpu,cpuacct"), Path("/sys/fs/cgroup"))


def share_of(megabytes: int) -> float:
    """Return the share of one core of a function with this memory."""
    return megabytes / _WHOLE_CORE_MEGABYTES


class Throttle(NamedTuple):
    """A control group that limits its processes to a share of a core."""

    folder: Path

    def add(self, pid: int) -> None:
        """Move a running process into the group."""
        self.processes.write_text(str(pid))

    @property
    def processes(self) -> Path:
        """The file that lists the processes of the group."""
        return self.folder / "cgroup.procs"

    def started_in(self, command: list[str]) -> list[str]:
        """Return a command that enters the group before it runs `command`."""
        return ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.processes), *command]


@contextmanager
def throttle(root: Path, megabytes: int) -> Iterator[Throttle]:
    """Yield a new group below a root, with the share of a function with this memory; remove it at the end."""
    folder = root / f"{_NAME}-{os.getpid()}-{megabytes}-{time.monotonic_ns()}"
    folder.mkdir()
    try:
        _limit(folder, round(share_of(megabytes) * _PERIOD_MICROSECONDS))
        yield Throttle(folder)
    finally:
        _remove(folder)


def find_root() -> Path | None:
    """Return where groups can be created, tested by creating one, or None."""
    for root in _candidates():
        with suppress(OSError), throttle(root, _WHOLE_CORE_MEGABYTES):
            return root
    return None


def _candidates() -> Iterator[Path]:
    """The trees' roots, and the group that this process is in where only that one is ours."""
    yield from (root for root in _ROOTS if root.is_dir())
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text("ascii").splitlines():
            number, controllers, place = line.split(":", 2)
            if number == "0":
                yield Path("/sys/fs/cgroup" + place).parent
            elif "cpu" in controllers.split(","):
                yield Path("/sys/fs/cgroup/cpu" + place)


def _limit(folder: Path, microseconds: int) -> None:
    second = folder / "cpu.max"
    if second.exists():
        second.write_text(f"{microseconds} {_PERIOD_MICROSECONDS}")
    else:
        (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
        (folder / "cpu.cfs_quota_us").write_text(str(microseconds))


@retry(stop=stop_after_delay(_EMPTY_SECONDS), wait=wait_fixed(0.01), reraise=True)
def _remove(folder: Path) -> None:
    """Remove a group; its last process may take a moment to disappear."""
    folder.rmdir()


class _Case(NamedTuple):
    row: BenchRow
    megabytes: int
    init: str


def measure(
    bench: Bench, root: Path | None, rows: Sequence[BenchRow], lazy: BenchRow, rounds: int, step: Step
) -> dict[str, Any]:
    """Return the times of each row by memory, or the reason why there are none, as JSON values."""
    if root is None:
        return {"available": False, "why": "No control group for the CPU can be made here (Linux, and root mostly)."}
    batches = list(_batches(rows, lazy))
    found: dict[_Case, list[Figures]] = {case: [] for batch in batches for case in batch}
    for number in range(1, rounds + 1):
        for count, batch in enumerate(batches, 1):
            step(f"shares of a core, round {number} of {rounds}, {batch[0].megabytes} MB ({count} of {len(batches)})")
            for case, figures in zip(batch, _side_by_side(bench, root, batch), strict=True):
                found[case].append(figures)
    return {"available": True, "rounds": rounds, "rows": [_facts(case, figures) for case, figures in found.items()]}


def _batches(rows: Sequence[BenchRow], lazy: BenchRow) -> Iterator[list[_Case]]:
    """Yield batches of cases with equal memory and kind that together use at most half a core."""
    for megabytes in SIZES:
        at_once = max(int(_AT_ONCE / share_of(megabytes)), 1)
        for init, of_init in ((ALL, rows), (REQUEST, (*rows, lazy))):
            cases = [_Case(row, megabytes, init) for row in of_init]
            yield from (cases[first : first + at_once] for first in range(0, len(cases), at_once))


def _side_by_side(bench: Bench, root: Path, batch: Sequence[_Case]) -> list[Figures]:
    """Measure cases in parallel, each in its own control group, once all have started."""
    with ExitStack() as stack:
        throttles = [stack.enter_context(throttle(root, case.megabytes)) for case in batch]
        began = [_begun(bench, case, group, stack) for case, group in zip(batch, throttles, strict=True)]
        return [_ended(*each) for each in zip(began, throttles, batch, strict=True)]


def _begun(bench: Bench, case: _Case, group: Throttle, stack: ExitStack) -> WorkerProcess:
    mode = "once" if case.init == ALL else "paused"
    command = bench.measured(case.row, bench.request(case.row), mode, time.monotonic_ns())
    if case.init == ALL:
        command = group.started_in(command)
    process = stack.enter_context(bench.started(case.row.name, command))
    if case.init == REQUEST:
        process.facts()  # it has imported all, and waits
    return process


def _ended(process: WorkerProcess, group: Throttle, case: _Case) -> Figures:
    if case.init == REQUEST:
        group.add(process.pid)
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
