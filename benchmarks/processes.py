"""Start worker processes of a benchmark, exchange lines with them, and end them."""

import os
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import IO, Any, Final, NamedTuple, Self

from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts

_PATIENCE_SECONDS: Final = 60.0
_END_SECONDS: Final = 2.0


class ProcessEnd(NamedTuple):
    """The exit code of a process, and its CPU seconds (user and system)."""

    code: int
    cpu: float


class WorkerProcess:
    """A process that reads lines from standard input and writes lines to standard output, while entered.

    `name` is for error messages. The process has its own session, so that Ctrl-C reaches only the benchmark, which ends
    the process.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], interrupts: Interrupts
    ) -> None:
        self._name = name
        self._interrupts = interrupts
        self._process: subprocess.Popen[bytes] | None = None
        self._command = list(command)
        self._environment = dict(environment)
        self._unread = b""

    def __enter__(self) -> Self:
        self._errors: IO[bytes] = tempfile.TemporaryFile()
        try:
            with self._interrupts.deferred():  # otherwise the process might be started but not recorded
                self._process = subprocess.Popen(  # noqa: S603 - the Python that is measured, or ours
                    self._command,
                    env=self._environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._errors,
                    start_new_session=True,
                )
        except BaseException:
            self._end(0)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(_END_SECONDS if error is None else 0)

    def _end(self, patience: float) -> None:
        """End the process by closing its input; kill it if it has not ended after `patience` seconds."""
        self._errors.close()
        if self._process is None:
            return
        for pipe in (self._pipe("stdin"), self._pipe("stdout")):
            pipe.close()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._entered.pid

    def send(self, line: str) -> None:
        """Write a line to the process. Raise FailedError if it has ended."""
        try:
            os.write(self._pipe("stdin").fileno(), f"{line}\n".encode())
        except OSError:
            raise self._failure() from None

    def line(self) -> str:
        """Return the next line of output. Raise FailedError if the process ends or writes nothing for a minute."""
        ends = time.monotonic() + _PATIENCE_SECONDS
        output = self._pipe("stdout").fileno()
        while b"\n" not in self._unread:
            readable, _, _ = select.select([output], [], [], max(0.0, ends - time.monotonic()))
            received = os.read(output, 65_536) if readable else b""
            if not received:
                raise self._failure()
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def facts(self) -> dict[str, int]:
        """Return the next line, which consists of NAME=NUMBER words."""
        return {name: int(value) for name, _, value in (word.partition("=") for word in self.line().split())}

    def ask(self, line: str) -> str:
        """Write a line and return the next line of output."""
        self.send(line)
        return self.line()

    def ended(self) -> ProcessEnd:
        """Wait until the process ends. Raise FailedError unless its exit code is 0."""
        process = self._entered
        with self._interrupts.deferred():  # otherwise the process id might be reused before the process is ended
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise self._failure()
        return ProcessEnd(process.returncode, usage.ru_utime + usage.ru_stime)

    @property
    def _entered(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError("It is not entered.")
        return self._process

    def _pipe(self, name: str) -> Any:
        return getattr(self._process, name)

    def _failure(self) -> FailedError:
        self._errors.seek(0)
        last = self._errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        return FailedError(f"{self._name} failed: {last[0][:300] if last else 'it ended or fell silent'}")
