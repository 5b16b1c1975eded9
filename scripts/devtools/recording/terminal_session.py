"""Run commands on one pseudo-terminal, as a shell does, and keep what they print."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Self

from scripts.cli.exit_codes import FailedError

WIDTH: Final = 80
_HEIGHT: Final = 50
_BACKGROUND: Final = " &"
_CD: Final = "cd "
_PIECE: Final = 4096


class TerminalSession:
    """A terminal of 80 columns in which commands run one after the other; `&` starts one in the background.

    Use it with `with`: the commands that still run at its end get Ctrl-C. `limit` is the seconds for each command,
    which is over when it has ended and nothing was printed for `poll_seconds`.
    """

    def __init__(
        self, folder: Path, environ: Mapping[str, str], limit: float = 120.0, poll_seconds: float = 0.1
    ) -> None:
        self._folder, self._environ, self._limit, self._poll_seconds = folder, environ, limit, poll_seconds
        self._output = bytearray()
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._master, self._terminal = pty.openpty()
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _HEIGHT, WIDTH, 0, 0))
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._started:
            process.send_signal(signal.SIGINT)
        if not self._read_until(lambda: all(process.poll() is not None for process in self._started)):
            for process in self._started:
                process.kill()
        os.close(self._terminal)
        os.close(self._master)

    def run(self, command: str, until: str = "") -> str:
        """Run a command, and return what it and those in the background print until it has ended.

        With `until` also wait for this text. Raise FailedError if the command fails or takes too long.
        """
        if command.startswith(_CD):
            self._folder /= command.removeprefix(_CD)
            return ""
        is_background = command.endswith(_BACKGROUND)
        process = self._start(command.removesuffix(_BACKGROUND))
        self._started.append(process)
        begin = len(self._output)
        is_complete = self._read_until(
            lambda: (is_background or process.poll() is not None) and until.encode() in self._output[begin:]
        )
        text = self._output[begin:].decode().replace("\r\n", "\n")
        if not is_complete or process.poll():
            raise FailedError(f"{command} failed or took over {self._limit:.0f} s:\n{text}")
        return text

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S602 -- the commands are constants of this folder
            f"exec {command}",
            shell=True,
            cwd=self._folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=self._terminal,
            stderr=self._terminal,
            start_new_session=True,
        )

    def _read_until(self, is_complete: Callable[[], bool]) -> bool:
        """Read what is printed until the condition holds and nothing is left to read, or the time is over."""
        deadline = time.monotonic() + self._limit
        while time.monotonic() < deadline:
            if select.select([self._master], [], [], self._poll_seconds)[0]:
                self._output += os.read(self._master, _PIECE)
            elif is_complete():
                return True
        return False
