"""Run `alma-webhooks` in a process of its own, as a user would."""

import atexit
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.iam import record

ROOT = Path(__file__).parents[2]


def run(
    *arguments: str, environment: dict[str, str] | None = None, stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run the command without a terminal, with only PATH and `environment`; return exit code and output."""
    with (
        tempfile.NamedTemporaryFile("w") as given,
        tempfile.NamedTemporaryFile("r") as out,
        tempfile.NamedTemporaryFile("r") as err,
        tempfile.NamedTemporaryFile("r") as calls,
    ):
        given.write(stdin)
        given.flush()
        request = {
            "arguments": arguments,
            "environment": {"PATH": os.environ["PATH"], "COLUMNS": "80", **(environment or {})},
            "folder": str(ROOT),
            "in": given.name,
            "out": out.name,
            "err": err.name,
            "calls": calls.name,
        }
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(_server())
            with connection.makefile("rw") as stream:
                stream.write(f"{json.dumps(request)}\n")
                stream.flush()
                code = int(stream.readline())
        record.check(arguments, calls)
        return subprocess.CompletedProcess(list(arguments), code, out.read(), err.read())


@functools.cache
def _server() -> str:
    """Start the server of commands and return its address. It ends when its standard input is closed."""
    address = str(Path(tempfile.mkdtemp()) / "commands")
    process = subprocess.Popen(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-c", f"from tests.scripts.command_server import serve; serve({address!r})"],
        env={"PATH": os.environ["PATH"]},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    process.stdout.readline()  # it serves
    atexit.register(_end, process)
    return address


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Close the streams of the server and wait for its end."""
    assert process.stdin
    process.stdin.close()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
    with process:
        pass
