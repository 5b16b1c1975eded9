"""Run the local programs of a project's further parts beside the emulator, until the end of a run.

A program prints the line `ready` when its servers listen and its files are there. It runs in a session of its own, so
that Ctrl-C reaches `run` alone, and gets SIGTERM at the end.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from scripts.aws.emulator import start_python
from scripts.cli.exit_codes import FailedError
from scripts.project.folder import Project

READY: Final = "ready"
"""The line by which a program says that it is ready."""

_READY_SECONDS: Final = 180.0  # a program may use the functions first, and each of them has a cold start
_STOP_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.05
_TAIL_LINES: Final = 5


class PartProgram(NamedTuple):
    """A local program to start: the name of its part, its file, and the variables by which it finds the stacks."""

    part: str
    file: Path
    folder: Path
    variables: dict[str, str]


class _Running(NamedTuple):
    """A program that was started, and the file that has what it prints."""

    program: PartProgram
    process: "subprocess.Popen[bytes]"
    printed: Path

    def lines(self) -> list[str]:
        """Return the complete lines that it has printed."""
        *complete, _ = self.printed.read_text("utf-8", errors="replace").split("\n")
        return complete


def programs_of(project: Project, pipeline: str, stage: str) -> list[PartProgram]:
    """Return the local programs of a project's parts, for the pipeline of this name."""
    known = {"ALMA_WEBHOOKS_STACK": pipeline, "ALMA_WEBHOOKS_STAGE": stage}
    return [
        PartProgram(
            name,
            project.folder / part.local,
            project.folder,
            {**known, "ALMA_WEBHOOKS_PART_STACK": f"{pipeline}-{name}"},
        )
        for name, part in project.file.parts.items()
        if part.local
    ]


class PartPrograms:
    """The programs that run beside the emulator. `folder` keeps what they print."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[_Running] = []
        self._shown: dict[Path, int] = {}

    def restart(self, programs: Sequence[PartProgram]) -> None:
        """End those that run, and start these. Raise FailedError for one that does not become ready."""
        self.stop()
        for program in programs:
            self._running.append(self._start(program))
        for each in self._running:
            _wait_until_ready(each)

    def fresh(self) -> Iterator[str]:
        """Yield each line that was printed since the last call, after the name of its part. Leave out `ready`."""
        for each in self._running:
            lines, shown = each.lines(), self._shown.get(each.printed, 0)
            self._shown[each.printed] = len(lines)
            yield from (f"{each.program.part}: {line}" for line in lines[shown:] if line != READY)

    def stop(self) -> None:
        """End every program, also the processes that it started."""
        for each in self._running:
            with suppress(ProcessLookupError):
                os.killpg(each.process.pid, signal.SIGTERM)
        for each in self._running:
            with suppress(subprocess.TimeoutExpired):
                each.process.wait(_STOP_SECONDS)
            with suppress(ProcessLookupError):
                os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait()
        self._running.clear()

    def _start(self, program: PartProgram) -> _Running:
        printed = self._folder / f"{program.part}-{len(self._shown)}-{time.monotonic_ns()}.log"
        self._shown[printed] = 0
        environment = {**os.environ, **program.variables}
        process = start_python(["-u", str(program.file)], environment, program.folder, printed)
        return _Running(program, process, printed)


@contextmanager
def part_programs(programs: Sequence[PartProgram]) -> Iterator[PartPrograms]:
    """Yield the programs, ready, and end them after the block.

    Raise FailedError for one that does not become ready."""
    with TemporaryDirectory(prefix="alma-webhooks-parts-") as folder:
        running = PartPrograms(Path(folder))
        try:
            running.restart(programs)
            yield running
        finally:
            running.stop()


def _wait_until_ready(each: _Running) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while READY not in each.lines():
        status = each.process.poll()
        if status is not None or time.monotonic() > deadline:
            what = f"exited with {status}" if status is not None else f"ran for {_READY_SECONDS:.0f} s"
            tail = "".join(f"\n  {line}" for line in each.lines()[-_TAIL_LINES:])
            raise FailedError(
                f"The local program {each.program.file} of the part {each.program.part} {what} and did not print the "
                f"line {READY}.{tail}"
            )
        time.sleep(_PAUSE_SECONDS)
