"""Start worker processes of a benchmark, exchange lines with them, and end them."""

import os
import select
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, Any, Final

from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts

_PATIENCE_SECONDS: Final = 60.0
_END_SECONDS: Final = 2.0


@contextmanager
def started(
    name: str, command: Sequence[str], environment: Mapping[str, str], interrupts: Interrupts
) -> Iterator["WorkerProcess"]:
    """Start a process, and end it at the end, at once after an error. `name` is for error messages.

    The process has its own session, so that Ctrl-C reaches only the benchmark, which ends the process.
    """
    with ExitStack() as exits:
        errors = exits.enter_context(tempfile.TemporaryFile())
        with interrupts.deferred():  # otherwise the process might be started but not recorded
            process = subprocess.Popen(  # noqa: S603 - the Python that is measured
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
            exits.callback(_end, process)
        try:
            yield WorkerProcess(name, process, errors, interrupts)
        except BaseException:
            process.kill()
            raise


class WorkerProcess:
    """A running process that reads lines from standard input and writes lines to standard output."""

    def __init__(
        self, name: str, process: "subprocess.Popen[bytes]", errors: IO[bytes], interrupts: Interrupts
    ) -> None:
        self._name = name
        self._process = process
        self._errors = errors
        self._interrupts = interrupts
        self.pid: Final = process.pid

    def send(self, line: str) -> None:
        """Write a line to the process. Raise FailedError if it has ended."""
        try:
            os.write(_pipe(self._process, "stdin").fileno(), f"{line}\n".encode())
        except OSError:
            raise self._failure() from None

    def facts(self) -> dict[str, int]:
        """Return the numbers in the next line, which consists of NAME=NUMBER words.

        Raise FailedError if the process ends or writes nothing for a minute. It never writes two lines at once.
        """
        output = _pipe(self._process, "stdout")
        readable, _, _ = select.select([output], [], [], _PATIENCE_SECONDS)
        line = output.readline() if readable else b""
        if not line:
            raise self._failure()
        return {name: int(value) for name, _, value in (word.partition("=") for word in line.decode().split())}

    def ask(self, line: str) -> dict[str, int]:
        """Write a line and return the numbers in the next line of output."""
        self.send(line)
        return self.facts()

    def ended(self) -> float:
        """Wait until the process ends; return its CPU seconds. Raise FailedError unless its exit code is 0."""
        with self._interrupts.deferred():  # otherwise the process id might be reused before the process is ended
            _, status, usage = os.wait4(self.pid, 0)
            self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode:
            raise self._failure()
        return usage.ru_utime + usage.ru_stime

    def _failure(self) -> FailedError:
        self._errors.seek(0)
        last = self._errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        return FailedError(f"{self._name} failed: {last[0][:300] if last else 'it ended or fell silent'}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process by closing its input; kill it if it has not ended soon."""
    for name in ("stdin", "stdout"):
        _pipe(process, name).close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _pipe(process: "subprocess.Popen[bytes]", name: str) -> Any:
    return getattr(process, name)
