"""Define the command `watch`: its flags and its output. `EventFollower` does the work."""

import json
import sys
import time
from typing import Annotated, Final

import typer
from rich.console import Console

from scripts.aws.logged_event import LoggedEvent
from scripts.aws.stack_command import stack_command
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, StackFlags
from scripts.cli.output import notice
from scripts.cli.times import parse_moment
from scripts.watch.report import as_data, heading, line
from scripts.watch.service import EventFollower

SinceOption = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Begin earlier: 10m, 24h, 3d ago, or an RFC 3339 time (default: now)."),
]

_STOPPED: Final = "Stopped."


@expand
def watch(
    *,
    since: SinceOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Follow the events of a stack live: one line for each outcome and each failed attempt.

    On a terminal, select a line with the arrow keys or j and k: s or Enter shows the event, e explains a dead letter,
    r replays it after a confirmation, q quits. Otherwise it prints lines until Ctrl-C; with --output json, one JSON
    object a line.

    Example: alma-webhooks watch --since 10m --stage prod
    """
    begin = parse_moment("--since", since) if since else None
    with stack_command(stack, _STOPPED) as (scope, _):
        follower = EventFollower(scope, begin)
        if output is Output.text and sys.stdin.isatty() and sys.stdout.isatty():
            _show_screen(follower, stack)
        else:
            _print_lines(follower, output)


def _show_screen(follower: EventFollower, stack: StackFlags) -> None:
    from scripts.watch.actions import EventActions  # only now, because these need a terminal
    from scripts.watch.keys import Keyboard
    from scripts.watch.screen import WatchScreen

    WatchScreen(follower, EventActions(stack), Console(highlight=False, markup=False), Keyboard()).run()


def _print_lines(follower: EventFollower, output: Output) -> None:
    """Print events until interrupted."""
    is_slowed = False
    if output is Output.text:
        typer.echo(heading())
    while True:
        follower.poll(lambda events: _print(events, output))
        if follower.is_slowed and not is_slowed:
            notice("AWS is busy or does not answer; events follow later")
        is_slowed = follower.is_slowed
        time.sleep(follower.pause_seconds)


def _print(events: list[LoggedEvent], output: Output) -> None:
    for event in events:
        typer.echo(line(event) if output is Output.text else json.dumps(as_data(event)))
    sys.stdout.flush()
