"""Read the memory and the CPU time of a pipeline on the emulator: of its functions, of `run`, and of the emulator."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from scripts.cli.exit_codes import FailedError

_PROC: Final = Path("/proc")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE") / 2**20  # in megabytes
_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")  # in seconds


class _Process(NamedTuple):
    pid: int
    parent: int
    session: int
    seconds: float
    megabytes: float


class PipelineUse(NamedTuple):
    """Resident memory in megabytes, and CPU seconds so far. The functions are all of their workers together."""

    functions_mb: float
    run_mb: float
    emulator_mb: float
    own_cpu_s: float
    emulator_cpu_s: float


def use_of(run: int) -> PipelineUse:
    """Return what a process `run` uses, and its emulator, which it started in a session of its own.

    Raise FailedError without /proc.
    """
    found = {process.pid: process for process in map(_process, _PROC.glob("[0-9]*/stat")) if process}
    emulators = [one for one in found.values() if one.parent == run and one.session == one.pid]
    if run not in found or not emulators:
        raise FailedError("The emulator's process was not found in /proc: this part of the benchmark needs Linux.")
    [emulator] = emulators
    functions = [one for one in found.values() if one.session == emulator.pid and one is not emulator]
    return PipelineUse(
        round(sum(one.megabytes for one in functions), 1),
        round(found[run].megabytes, 1),
        round(emulator.megabytes, 1),
        found[run].seconds + sum(one.seconds for one in functions),
        emulator.seconds,
    )


def _process(stat: Path) -> _Process | None:
    """Return the facts of a process ("proc(5)", Linux manual); None if it has ended."""
    with suppress(OSError):
        facts = stat.read_text().rpartition(") ")[2].split()
        seconds = (int(facts[11]) + int(facts[12])) * _TICK
        return _Process(int(stat.parent.name), int(facts[1]), int(facts[3]), seconds, int(facts[21]) * _PAGE)
    return None
