"""Limit processes to a share of one core with control groups, as a small Lambda function is. Linux only.

"Configure Lambda function memory", AWS Lambda Developer Guide: 1,769 MB are one vCPU, and the share grows with the
memory. The guide does not give the scheduling period; others have measured 20 ms, which is used here.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tenacity import retry, stop_after_delay, wait_fixed

WHOLE_CORE_MEGABYTES: Final = 1769
_PERIOD_MICROSECONDS: Final = 20_000
_NAME: Final = "alma-webhooks-bench"
_EMPTY_SECONDS: Final = 2.0

# The second version has one tree for all; in the first, "cpu" is a tree of its own.
_ROOTS: Final = (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup/cpu,cpuacct"), Path("/sys/fs/cgroup"))


def share_of(megabytes: int) -> float:
    """Return the share of one core of a function with this memory."""
    return megabytes / WHOLE_CORE_MEGABYTES


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


class ControlGroups(NamedTuple):
    """A folder in which control groups can be created."""

    root: Path

    @contextlib.contextmanager
    def throttle(self, megabytes: int) -> Iterator[Throttle]:
        """Yield a group with the share of a function with this memory; remove it at the end."""
        folder = self.root / f"{_NAME}-{os.getpid()}-{megabytes}-{time.monotonic_ns()}"
        folder.mkdir()
        try:
            _limit(folder, round(share_of(megabytes) * _PERIOD_MICROSECONDS))
            yield Throttle(folder)
        finally:
            _remove(folder)


def find() -> ControlGroups | None:
    """Return where groups can be created, tested by creating one, or None."""
    for root in _candidates():
        groups = ControlGroups(root)
        with contextlib.suppress(OSError), groups.throttle(WHOLE_CORE_MEGABYTES):
            return groups
    return None


def _candidates() -> Iterator[Path]:
    """The trees' roots, and the group that this process is in where only that one is ours."""
    yield from (root for root in _ROOTS if root.is_dir())
    with contextlib.suppress(OSError):
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
