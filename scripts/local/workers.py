"""Find, measure and kill the worker processes in which the emulator runs functions, by /proc.

This depends on ministack: a worker is a process in the session of the emulator, and its environment has the variables
of the function.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

PROCESSOR: Final = b"DELIVERIES_TABLE="
INGEST: Final = b"SECRET_LIFETIME_SECONDS="

_PROC: Final = Path("/proc")
_KIBIBYTE: Final = 1024


def can_be_seen() -> bool:
    """Return whether this computer has /proc."""
    return (_PROC / "self" / "environ").exists()


def of(session: int, variable: bytes) -> list[int]:
    """Return the process ids of an emulator's workers whose environment has this variable (PROCESSOR, INGEST)."""
    return [pid for pid in _members(session) if variable in _read(pid, "environ")]


def kill(pid: int) -> bool:
    """Kill a worker, as the kernel does when memory runs out. Return False if it has already ended."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def resident_bytes(session: int) -> int:
    """Return the resident memory of all processes of an emulator's session."""
    return sum(_resident(_read(pid, "status")) for pid in _members(session))


def _members(session: int) -> Iterator[int]:
    for stat in _PROC.glob("[0-9]*/stat"):
        with suppress(OSError):  # the process ended after it was listed
            state, _, group = stat.read_text().rpartition(") ")[2].split()[:3]
            if int(group) == session and state != "Z":
                yield int(stat.parent.name)


def _read(pid: int, file: str) -> bytes:
    try:
        return (_PROC / str(pid) / file).read_bytes()
    except OSError:
        return b""


def _resident(status: bytes) -> int:
    lines = [line for line in status.splitlines() if line.startswith(b"VmRSS:")]
    return int(lines[0].split()[1]) * _KIBIBYTE if lines else 0
