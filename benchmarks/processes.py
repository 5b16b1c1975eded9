"""The processes that a benchmark starts: spoken with by lines, ended when it ends. Measures nothing."""

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
    """A process that has ended: exit code, seconds of CPU, user's and system's."""

    code: int
    cpu: float


class WorkerProcess:
    """A process that is told lines on its standard input and tells lines on its standard output, while entered.

    `said` is what it is called where it fails. An interruption is the benchmark's alone: a process of its own session
    does not see a terminal's Ctrl-C, it is ended.
    """

    def __init__(
        self, said: str, command: Sequence[str], environment: Mapping[str, str], interrupts: Interrupts
    ) -> None:
        self._said = said
        self._interrupts = interrupts
        self._process: subprocess.Popen[bytes] | None = None
        self._command = list(command)
        self._environment = dict(environment)
        self._unread = b""

    def __enter__(self) -> Self:
        self._errors: IO[bytes] = tempfile.TemporaryFile()
        try:
            with self._interrupts.deferred():  # in the midst of it, nobody would hold the process
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
        """Ends it: by the end of its input, and if it has not gone then, at once."""
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
        """The process' number."""
        return self._entered.pid

    def tell(self, line: str) -> None:
        """Raises FailedError when it has ended."""
        try:
            os.write(self._pipe("stdin").fileno(), f"{line}\n".encode())
        except OSError:
            raise self._failure() from None

    def line(self) -> str:
        """The next line that it tells. Raises FailedError when it ends instead, or is silent for a minute."""
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
        """The next line, of words NAME=NUMBER."""
        return {name: int(value) for name, _, value in (word.partition("=") for word in self.line().split())}

    def ask(self, line: str) -> str:
        """Tells a line; the line that it answers by."""
        self.tell(line)
        return self.line()

    def ended(self) -> ProcessEnd:
        """Waits for its end. Raises FailedError unless it is a good one."""
        process = self._entered
        with self._interrupts.deferred():  # or its number could be another's when it is ended
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
        return FailedError(f"{self._said} failed: {last[0][:300] if last else 'it ended or fell silent'}")
