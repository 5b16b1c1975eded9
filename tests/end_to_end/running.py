"""A run of `alma-webhooks run` as a user has it: a process, its ready line, its end. Looks at what it leaves behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

ROOT = Path(__file__).parents[2]
CHECKOUT = (sys.executable, "-c", "from scripts.main import main; main()")

Found = TypeVar("Found")


class Patience:
    """How many times the seconds that suffice on an idle computer are waited, and the pause between two looks.

    Several, for a busy computer: an event whose worker is killed at its timeout returns after the visibility timeout.
    A test that passes waits no longer for it.
    """

    times: float = 4.0
    pause_seconds: float = 0.02


def eventually(look: Callable[[], Found | None], seconds: float = 20.0) -> Found:
    """What `look` finds, once it is neither None nor empty; fails after the time given. The one place that waits."""
    longest = seconds * Patience.times
    deadline = time.monotonic() + longest
    while not (found := look()):
        assert time.monotonic() < deadline, f"not seen within {longest:.0f} s"
        time.sleep(Patience.pause_seconds)
    return found


class Process(NamedTuple):
    """One process, with its parent's id and its group's."""

    pid: int
    parent: int
    group: int


class Running:
    """The command in a process of its own, with a temporary folder of its own."""

    def __init__(self, folder: Path, *arguments: str, program: Sequence[str] = CHECKOUT, cwd: Path = ROOT) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.out: list[str] = []
        self.err: list[str] = []
        self._sessions: set[int] = set()
        self.process = subprocess.Popen(  # noqa: S603 -- our own interpreter and code
            [*program, "run", *arguments],
            env={"PATH": os.environ["PATH"], "TMPDIR": str(self.folder), "PYTHONUNBUFFERED": "1"},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines))
            for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def facts(self) -> dict[str, Any]:
        """What the ready line says, waited for."""
        return eventually(self._facts)

    def said(self, text: str) -> None:
        """Waits until a line of progress holds this text."""
        eventually(lambda: any(text in line for line in self.err))

    @property
    def emulator(self) -> int:
        """The emulator's process, which leads a session of its own."""
        [pid] = [process.pid for process in _processes() if process.parent == self.process.pid]
        return pid

    def workers(self) -> list[int]:
        """The processes of the emulator's session that are alive, itself included."""
        self._sessions |= {process.pid for process in _processes() if process.parent == self.process.pid}
        return [process.pid for process in _processes() if process.group in self._sessions]

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Sends the signal, waits for the end, and returns the exit code."""
        self.workers()  # Known from now on, for afterwards nobody is their parent.
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def kill_emulator(self) -> None:
        """Kills the emulator alone, as a lack of memory would."""
        for process in _processes():
            if process.parent == self.process.pid:
                os.kill(process.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Waits for the end by itself."""
        code = self.process.wait(30 * Patience.times)
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        return code

    def _facts(self) -> dict[str, Any] | None:
        assert self.process.poll() is None or self.out, self.err
        ready = [line for line in list(self.out) if line.startswith("ready ")]
        return json.loads(ready[0].removeprefix("ready ")) if ready else None

    @staticmethod
    def _read(stream: Any, lines: list[str]) -> None:
        lines.extend(iter(stream.readline, ""))


def _processes() -> Iterator[Process]:
    """The living processes of this computer. What is dead and only not collected yet has gone."""
    if Path("/proc/self/stat").exists():
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it ended between the list and the look
                pid, (state, parent, group) = stat.parent.name, stat.read_text().rpartition(") ")[2].split()[:3]
                if state != "Z":
                    yield Process(int(pid), int(parent), int(group))
        return
    done = subprocess.run(["ps", "-ax", "-o", "pid=,ppid=,pgid=,state="], capture_output=True, text=True, check=True)  # noqa: S607 - ps from the path, where there is no /proc
    for pid, parent, group, state in (line.split() for line in done.stdout.splitlines()):
        if not state.startswith("Z"):
            yield Process(int(pid), int(parent), int(group))
