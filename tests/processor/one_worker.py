"""Runs the processor in its own interpreter, one invocation after the other, as Lambda does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.processor.test_settings import ENVIRONMENT

ROOT = Path(__file__).parents[2]

_SIGN = "handled "

# This script imports only what the handler imports, or a missing import would go unnoticed.
_CHILD = f"""
import json, sys, time
from pathlib import Path
from botocore.client import ClientCreator
from processor.routing import compile as compiling

time.sleep = lambda seconds: None  # a throttle is tried again at once
load = compiling.load
compiling.load = lambda _: load(Path(sys.argv[1]))
clients = []
make = ClientCreator.create_client
ClientCreator.create_client = lambda self, **named: clients.append(named["service_name"]) or make(self, **named)
from processor import handler

class Context:
    def get_remaining_time_in_millis(self):
        return milliseconds

print({_SIGN!r} + "null", flush=True)
for line in sys.stdin:
    before, raised = set(sys.modules), ""
    event, milliseconds = json.loads(line)
    clients.clear()
    try:
        handler.lambda_handler(event, Context())
    except Exception as error:
        raised = type(error).__name__
    handled = {{"raised": raised, "imported": sorted(set(sys.modules) - before), "clients": clients}}
    print({_SIGN!r} + json.dumps(handled), flush=True)
"""


class Handled(NamedTuple):
    """The result of one invocation: the class of the exception, and the new modules and clients."""

    raised: str
    imported: list[str]
    clients: list[str]


class OneWorker:
    """A worker with the routes of a file, whose AWS is at `url`; `logged` has the lines of its log so far."""

    def __init__(self, routes: Path, url: str = "http://127.0.0.1:1", **environment: str) -> None:
        self.logged: list[dict[str, Any]] = []
        keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
        self._process = subprocess.Popen(  # noqa: S603 -- the project's own interpreter and code
            [sys.executable, "-c", _CHILD, str(routes)],
            env={"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": url, **keys, **ENVIRONMENT, **environment},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        try:
            self._next_message()  # it has started
        except AssertionError:
            self._process.communicate()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def handle(self, *records: dict[str, Any], milliseconds: int = 25_000) -> Handled:
        """Run one invocation with these records and this time limit."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([{"Records": list(records)}, milliseconds]) + "\n")
        self._process.stdin.flush()
        return Handled(**self._next_message())

    def _next_message(self) -> Any:
        """Return the next message of the worker; keep the log lines before it."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(_SIGN):
                return json.loads(line.removeprefix(_SIGN))
            self.logged.append(json.loads(line))
        raise AssertionError("the worker has ended")
