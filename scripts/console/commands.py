"""The command `console`: flags and output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from scripts.aws import ports
from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.flag_groups import expand
from scripts.cli.options import JudgedRoutesOption, StackFlags
from scripts.cli.output import notice

if TYPE_CHECKING:
    from scripts.console.server import ConsoleServer

PortOption = Annotated[str, typer.Option(help="The port on 127.0.0.1; 0 is any free port.")]
ReadOnlyOption = Annotated[bool, typer.Option("--read-only", help="Reject every change, such as a replay or a test.")]
NoBrowserOption = Annotated[bool, typer.Option("--no-browser", help="Open no browser; print the URL to the terminal.")]
ZoneOption = Annotated[
    str | None,
    typer.Option(
        "--time-zone", metavar="ZONE", help="Show times in this zone, e.g. Europe/Vienna; default: the local one."
    ),
]
UrlFileOption = Annotated[
    Path | None,
    typer.Option("--url-file", dir_okay=False, help="Write the URL to this new file, which only you can read."),
]

_NO_BROWSER: Final = "No browser was found: open the URL above in one, or pass --url-file FILE."


@expand
def console(
    *,
    port: PortOption = "0",
    read_only: ReadOnlyOption = False,
    no_browser: NoBrowserOption = False,
    url_file: UrlFileOption = None,
    time_zone: ZoneOption = None,
    routes: JudgedRoutesOption = None,
    stack: StackFlags,
) -> None:
    """Open the operator's console in a browser: a local page, with your own AWS credentials.

    Only this computer can reach it, and only with its URL, whose token works once. It serves until Ctrl-C.

    Example: alma-webhooks console --stage prod --read-only
    """
    check_installed()
    from scripts.console.console import Console, Settings
    from scripts.console.server import ConsoleServer

    wanted, zone = ports.parse(port), _zone(time_zone)
    with stack_command(stack, "The console has ended.") as (scope, _):
        settings = Settings(read_only=read_only, zone=zone, routes=routes)
        server = ConsoleServer(Console(scope, settings), wanted)
        with _shown(server, url_file, is_in_browser=not no_browser):
            server.serve()


def check_installed() -> None:
    """Raise ConfigurationError if the packages of the console are not installed."""
    try:
        import starlette  # noqa: F401 -- only to see whether it is there
        import uvicorn  # noqa: F401 -- only to see whether it is there
    except ImportError:
        raise ConfigurationError("The console is not installed: pip install 'alma-webhooks[console]'.") from None


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ConfigurationError(f"--time-zone takes a zone such as Europe/Vienna; {name!r} is not one.") from None


@contextmanager
def _shown(server: "ConsoleServer", url_file: Path | None, *, is_in_browser: bool) -> Iterator[None]:
    """Show the way in: by a browser, a file or the terminal, never in a log."""
    from scripts.console.sign_in_file import opened_in_browser, write_sign_in_url

    if url_file:
        try:
            write_sign_in_url(url_file, server.sessions)
        except OSError as error:
            raise ConfigurationError(f"The file {url_file} cannot be created: {error.strerror}.") from None
    elif not is_in_browser and not sys.stderr.isatty():
        raise ConfigurationError("--no-browser prints the URL to a terminal, and there is none: pass --url-file FILE.")
    try:
        notice(f"serving the console at {server.sessions.url}; stop with Ctrl-C")
        if sys.stderr.isatty() and not url_file:
            notice(f"to sign in, once: {server.sessions.sign_in_url}")
        is_opened = is_in_browser and not url_file
        with opened_in_browser(server.sessions, lambda: notice(_NO_BROWSER)) if is_opened else nullcontext():
            yield
    finally:
        if url_file:
            url_file.unlink(missing_ok=True)
