"""Read the resident memory of a pipeline on the emulator: of its functions, of `run`, and of the emulator itself."""

from pathlib import Path
from typing import Any, Final

from scripts.cli.exit_codes import FailedError
from scripts.local import workers

_MEGABYTE: Final = 2**20


def memory_of(run: int) -> dict[str, float]:
    """Return megabytes: of all workers of functions, of the process `run`, and of the emulator that it started."""
    session = _emulator_of(run)
    emulator = workers.resident_bytes_of(session)
    found = {
        "functions_mb": workers.resident_bytes(session) - emulator,
        "run_mb": workers.resident_bytes_of(run),
        "emulator_mb": emulator,
    }
    return {name: round(size / _MEGABYTE, 1) for name, size in found.items()}


def _emulator_of(run: int) -> int:
    """Return the process ID of the child that leads a session of its own."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        facts = _facts(stat)
        if facts and int(facts[1]) == run and int(facts[3]) == int(stat.parent.name):
            return int(stat.parent.name)
    raise FailedError("The emulator's process was not found in /proc: this part of the benchmark needs Linux.")


def _facts(stat: Path) -> Any:
    """Return state, parent, process group and session ("proc(5)", Linux manual); nothing if the process has ended."""
    try:
        return stat.read_text().rpartition(") ")[2].split()[:4]
    except OSError:
        return None
