"""Runs a function from its zip under Lambda's own runtime client, with a Runtime API on loopback."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from tests.end_to_end.runtime_api import Posted, RuntimeApi

_LONGEST_WAIT_SECONDS = 60  # of a test, for a start on a busy machine
_HEADER_BYTES = 16  # of a frame: type, length, time


class RunningFunction:
    """A function that runs from a folder with the contents of its zip. Its output is complete after the block."""

    def __init__(self, task: Path, handler: str, environment: Mapping[str, str], packages: Path) -> None:
        self._api = RuntimeApi()
        frames, written = os.pipe()
        self._process = subprocess.Popen(  # noqa: S603 -- our own interpreter and Lambda's client
            # Without site-packages, because the editable installation would make the repository importable.
            [sys.executable, "-S", "-m", "awslambdaric", handler],
            cwd=task,
            env={**_lambda_environment(task, packages, self._api.server.server_port, written), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(written,),
        )
        os.close(written)
        self._read: dict[str, bytes] = {}
        assert self._process.stdout
        assert self._process.stderr
        files: dict[str, IO[bytes]] = {
            "stdout": self._process.stdout,
            "stderr": self._process.stderr,
            "frames": os.fdopen(frames, "rb"),
        }
        self._readers = [threading.Thread(target=self._reading, args=each) for each in files.items()]
        for reader in self._readers:
            reader.start()

    def _reading(self, name: str, file: IO[bytes]) -> None:
        with file:
            self._read[name] = file.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._api.close()
        for reader in self._readers:
            reader.join()

    def invoke(self, event: Any) -> Posted:
        """Return what the runtime client posts for an event, which is an initialization error if it cannot start."""
        self._api.events.put(event)
        return self._api.posted.get(timeout=_LONGEST_WAIT_SECONDS)

    @property
    def lines(self) -> list[str]:
        """The lines on stdout."""
        return self._read["stdout"].decode().splitlines()

    @property
    def frames(self) -> list[str]:
        """The messages of the frames that the client writes to Lambda's log."""
        data, found = self._read["frames"], list[str]()
        while data:
            end = _HEADER_BYTES + int.from_bytes(data[4:8], "big")
            found.append(data[_HEADER_BYTES:end].decode())
            data = data[end:]
        return found

    @property
    def output(self) -> str:
        """Everything that reaches Lambda's log."""
        return "\n".join([*self.lines, *self.frames, self._read["stderr"].decode()])


def _lambda_environment(task: Path, packages: Path, port: int, frames: int) -> dict[str, str]:
    """Return the variables that Lambda sets ("Defined runtime environment variables"), for the JSON format of logs."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": str(packages),
        "LAMBDA_TASK_ROOT": str(task),
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        "_LAMBDA_TELEMETRY_LOG_FD": str(frames),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret -- the emulator takes any
        "AWS_SESSION_TOKEN": "test",
    }
