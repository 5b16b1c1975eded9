"""Starts the handler of the processor several times in one interpreter: importing its packages takes longest."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

ROOT = Path(__file__).parents[2]

# The imported packages, and the parts of powertools. Without those that only tests install, and that
# botocore (certifi) or Python itself (_distutils_hack) imports if they are installed.
PACKAGES = """
import re, sys, sysconfig
installed = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
def packages():
    files = {name: getattr(module, "__file__", "") or "" for name, module in sys.modules.items()}
    names = [name for name, file in files.items() if file.startswith(installed)]
    parts = {re.match(r"aws_lambda_powertools(\\.utilities)?(\\.\\w+)?|\\w+", name)[0] for name in names}
    return sorted(parts - {"certifi", "_distutils_hack"})
"""

# This script imports only what the handler imports, or a package that only some starts import would go unnoticed.
_CHILD = f"""
import importlib, json, os
from pathlib import Path
from botocore.client import ClientCreator
{PACKAGES}
clients = []
make = ClientCreator.create_client
ClientCreator.create_client = lambda self, **named: clients.append(named["service_name"]) or make(self, **named)

def ours():
    return sorted(name for name in sys.modules if name.startswith(("ingest", "processor", "notifications")))

for line in sys.stdin:
    routes, environment = json.loads(line)
    os.environ.update(environment)
    clients.clear()
    for name in ours():
        del sys.modules[name]
    compiling = importlib.import_module("processor.routing.compile")
    compiling.load = lambda _, load=compiling.load: load(Path(routes))
    importlib.import_module("processor.handler")
    print(json.dumps({{"clients": sorted(clients), "modules": ours(), "packages": packages()}}), flush=True)
"""


class Start(NamedTuple):
    """The services for which a start made clients, the modules of this project, and the imported packages."""

    clients: list[str]
    modules: list[str]
    packages: list[str]


class HandlerStarts:
    """An interpreter that starts the handler, each time from new modules of this project."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 -- the project's own interpreter and code
            [sys.executable, "-c", _CHILD],
            env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **environment},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def start(self, routes: Path, **environment: str) -> Start:
        """Start the handler with the routes of a file and these further variables."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps([str(routes), environment])}\n")
        self._process.stdin.flush()
        return Start(**json.loads(self._process.stdout.readline()))
