"""Run a command of `alma-webhooks` in a process of its own, and write what it cost to a file.

`python -m benchmarks.operator_child FILE ARGUMENT…` writes JSON: the calls to AWS by service and operation with the
bytes of their bodies, the CPU seconds, and the peak of its resident memory in megabytes.
"""

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import botocore

from benchmarks.runner.measured import kilobytes
from scripts.main import main


class Calls:
    """Counts each attempt of a call, as AWS charges it."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.bytes = Counter[str]()

    def register(self, session: Any) -> None:
        """Count the calls of the clients that are made from this session."""
        session.register("before-send", self._count)

    def _count(self, event_name: str, request: Any, **_: Any) -> None:
        call = event_name.removeprefix("before-send.").replace(".", ":")
        self.counts[call] += 1
        self.bytes[call] += len(request.body or b"")


def run(file: Path) -> None:
    """Run the command that `sys.argv` has, and write the file also if it fails."""
    calls = Calls()
    botocore.register_initializer(calls.register)
    try:
        main()
    finally:
        facts = {"calls": calls.counts, "bytes": calls.bytes, "peak_mb": round(kilobytes() / 1024, 1)}
        file.write_text(json.dumps({**facts, "cpu_s": round(time.process_time(), 2)}), "utf-8")


if __name__ == "__main__":
    _file, *_arguments = sys.argv[1:]
    sys.argv = ["alma-webhooks", *_arguments]
    run(Path(_file))
