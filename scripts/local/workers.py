"""The processes in which the emulator runs functions: finds them, measures their memory, kills one. By /proc only.

Like `scripts.aws.emulator` this knows ministack: a worker is a process of the emulator's session, and its environment
holds the function's variables.
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
    """Whether this computer tells of other processes in the one way that is known here."""
    return (_PROC / "self" / "environ").exists()


def of(session: int, variable: bytes) -> list[int]:
    """The workers of an emulator's session whose environment has this variable (PROCESSOR, INGEST)."""
    return [pid for pid in _members(session) if variable in _read(pid, "environ")]


def kill(pid: int) -> bool:
    """Kills a worker as a lack of memory would; False when it has ended already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def resident_bytes(session: int) -> int:
    """The memory of all processes of an emulator's session."""
    return sum(_resident(_read(pid, "status")) for pid in _members(session))


def _members(session: int) -> Iterator[int]:
    for stat in _PROC.glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended between the list and the look
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
