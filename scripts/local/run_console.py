"""Serve the operator's console of a run, if its packages are installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from scripts.aws.address import Address, resolve
from scripts.aws.context import open_stack_context
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import StackFlags, StageName
from scripts.local import pipeline


class RunConsole(NamedTuple):
    """The addresses of a console that is served. That for signing in has a token, which works once.

    The token is for a terminal only: a program may know `url`.
    """

    url: str
    sign_in_url: str


@contextmanager
def served_console(running: pipeline.Pipeline, planned: pipeline.RunPlan) -> Iterator[RunConsole | None]:
    """Serve a console of the pipeline until the end of the block; yield None if its packages are not installed."""
    from scripts.console.commands import check_installed

    try:
        check_installed()
    except ConfigurationError:
        yield None
        return
    from scripts.console.console import Console, Settings
    from scripts.console.server import ConsoleServer

    scope = open_stack_context(address_of_run(running, planned))
    with ConsoleServer(Console(scope, Settings(project=planned.project.folder)), 0) as server:
        yield RunConsole(server.sessions.url, server.sessions.sign_in_url)


def address_of_run(running: pipeline.Pipeline, planned: pipeline.RunPlan) -> Address:
    """Return the address that commands on the run take. Neither the environment nor the project changes it."""
    written = planned.project.settings(pipeline.STAGE).stack
    stack = pipeline.STACK if written not in (None, pipeline.STACK) else None
    flags = StackFlags(stage=StageName(pipeline.STAGE), stack=stack, endpoint_url=running.emulator.endpoint_url)
    return resolve(flags, {}, planned.project)
