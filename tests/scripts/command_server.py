"""Serve `alma-webhooks` commands, each in a process forked from one that has imported everything.

A command in a new interpreter spends most of its time on imports. A forked process has its own environment, folder,
streams and exit code all the same. Run by tests/scripts/command.py; ends when its standard input ends.
"""

import functools
import json
import os
import select
import shutil
import signal
import socket
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import botocore.session

from processor.routing import yaml_lines
from scripts.alma_client import samples
from scripts.aws.clients import Aws
from scripts.catalogue import catalogue
from scripts.cli.options import ROUTES
from tests.iam import recorder
from tests.scripts import parsed_once


def serve(address: str) -> None:
    """Answer requests at this Unix socket: a JSON object in, the exit code out. Delete its folder at the end."""
    _import_everything()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that answer
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            readable, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in readable:
                return shutil.rmtree(Path(address).parent)
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _answer(connection)
            connection.close()


def _answer(connection: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection, connection.makefile("rw") as stream:
        request = json.loads(stream.readline())
        child = os.fork()
        if child == 0:
            connection.close()
            _become(request)
        _, status = os.waitpid(child, 0)
        stream.write(f"{os.waitstatus_to_exitcode(status)}\n")
        stream.flush()
    os._exit(0)


def _become(request: dict[str, Any]) -> None:
    """Run the command of the request, and end with its exit code."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    for number, path, flags in (
        (0, request["in"], os.O_RDONLY),
        (1, request["out"], os.O_WRONLY | os.O_APPEND),
        (2, request["err"], os.O_WRONLY | os.O_APPEND),
    ):
        descriptor = os.open(path, flags)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = ["alma-webhooks", *request["arguments"]]
    recorder.install(request["calls"])
    os._exit(_exit_code())


def _exit_code() -> int:
    code: Any = 0
    try:
        import_module("scripts.main").main()
    except SystemExit as ending:
        code = ending.code
    except BaseException:  # noqa: BLE001 -- as the interpreter does at its end
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def _import_everything() -> None:
    """Import the module of every command, and the AWS SDK, whose models of services stay in memory.

    Also parse the shipped catalogue, samples and routes, which most commands read.
    """
    sources = import_module("scripts.main").COMMANDS
    for source in sources.values():
        import_module(source.place.partition(":")[0])
    for path in Path(__file__).parents[2].glob("scripts/*/commands/*.py"):
        import_module(".".join(path.with_suffix("").parts[-4:]))
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    Aws.local("http://127.0.0.1:9", "us-east-1").create_clients()
    parsed_once.install()
    catalogue.load()
    samples.load_all()
    yaml_lines.read(ROUTES.read_text("utf-8"))
