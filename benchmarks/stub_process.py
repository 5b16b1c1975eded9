"""Start and control the process of the stub."""

import json
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.processes import WorkerProcess
from scripts.cli.signals import Interrupts


class StubProcess:
    """Serves while entered."""

    def __init__(self, certificate: Path, interrupts: Interrupts) -> None:
        command = [sys.executable, "-m", "benchmarks.stub", str(certificate)]
        self._process = WorkerProcess("The stub", command, os.environ, interrupts)

    def __enter__(self) -> Self:
        self._process.__enter__()
        self.port = int(self._process.line())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.__exit__(kind, error, trace)

    def counts(self) -> dict[str, int]:
        """Return the calls by service and operation since the last request of this kind."""
        counts: dict[str, int] = json.loads(self._process.ask("counts"))
        return counts

    def order(self, what: str) -> None:
        """Make every connection `close`, `reset` or go `mute`, and wait for it."""
        self._process.ask(what)
