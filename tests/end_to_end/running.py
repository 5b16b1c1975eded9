"""Runs `alma-webhooks run` in a process, as a user does: its ready line, its end, and what it leaves behind."""

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
    """The factor for waiting times, which suffice on an idle machine with factor 1, and the pause between two checks.

    The factor is for busy machines: an event whose worker times out returns after the visibility timeout. Tests that
    pass do not take longer because of it.
    """

    times: float = 4.0
    pause_seconds: float = 0.1


def eventually(look: Callable[[], Found | None], seconds: float = 20.0) -> Found:
    """Return the result of `look` once it is truthy; fail after the time given. All tests wait with this function."""
    longest = seconds * Patience.times
    deadline = time.monotonic() + longest
    while not (found := look()):
        assert time.monotonic() < deadline, f"not seen within {longest:.0f} s"
        time.sleep(Patience.pause_seconds)
    return found


class Process(NamedTuple):
    """A process, with the ids of its parent and its group."""

    pid: int
    parent: int
    group: int


class Running:
    """The command in its own process, with its own temporary folder."""

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
        """The facts in the ready line, which is waited for."""
        return eventually(self._facts)

    def said(self, text: str) -> None:
        """Wait until a progress line contains this text."""
        eventually(lambda: any(text in line for line in self.err))

    @property
    def emulator(self) -> int:
        """The process id of the emulator, which leads its own session."""
        [pid] = [process.pid for process in _processes() if process.parent == self.process.pid]
        return pid

    def workers(self) -> list[int]:
        """Return the living processes in the session of the emulator, including the emulator."""
        self._sessions |= {process.pid for process in _processes() if process.parent == self.process.pid}
        return [process.pid for process in _processes() if process.group in self._sessions]

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the signal, wait for the end, and return the exit code."""
        self.workers()  # Remembered now, because afterwards they have no parent.
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def kill_emulator(self) -> None:
        """Kill only the emulator, as the kernel does when memory runs out."""
        for process in _processes():
            if process.parent == self.process.pid:
                os.kill(process.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait until the command ends by itself, and return the exit code."""
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
    """Yield the living processes of this machine, without zombies."""
    if Path("/proc/self/stat").exists():
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # the process ended after it was listed
                pid, (state, parent, group) = stat.parent.name, stat.read_text().rpartition(") ")[2].split()[:3]
                if state != "Z":
                    yield Process(int(pid), int(parent), int(group))
        return
    done = subprocess.run(["ps", "-ax", "-o", "pid=,ppid=,pgid=,state="], capture_output=True, text=True, check=True)  # noqa: S607 - ps from PATH, if there is no /proc
    for pid, parent, group, state in (line.split() for line in done.stdout.splitlines()):
        if not state.startswith("Z"):
            yield Process(int(pid), int(parent), int(group))
