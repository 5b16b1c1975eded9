"""Define the command `watch`: its flags and its output. `EventFollower` does the work."""

import json
import sys
import time
from typing import Annotated, Final

import typer
from rich.console import Console

from scripts.aws.event_follower import EventFollower
from scripts.aws.logged_event import LoggedEvent
from scripts.aws.stack_command import stack_command
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, QueueSelector, SelectedQueueOption, StackFlags
from scripts.cli.output import notice
from scripts.cli.terminal import escape
from scripts.cli.times import parse_moment
from scripts.drain.service import DrainReader
from scripts.watch.notifications import NOTIFICATION_FORMAT, NotificationFollower
from scripts.watch.report import EVENT_FORMAT, WatchFormat, heading, line
from scripts.watch.waiting import WaitingEvents

SinceOption = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Begin earlier: 10m, 24h, 3d ago, or an RFC 3339 time (default: now)."),
]

_NOTICE_SECONDS: Final = 60.0


@expand
def watch(
    *,
    since: SinceOption = None,
    queue: SelectedQueueOption = QueueSelector.webhooks,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Follow the events of a stack live: one line for each outcome and each failed attempt.

    On a terminal, select a line with the arrow keys or j and k: s or Enter shows the event, e explains a dead letter,
    r replays it after a confirmation, q quits. Otherwise it prints lines until Ctrl-C; with --output json, one JSON
    object a line. With --queue notifications: the attempts of the sender, and counts by integration at the end.

    Example: alma-webhooks watch --since 10m --stage prod
    """
    begin = parse_moment("--since", since) if since else None
    is_notifications = queue is QueueSelector.notifications
    follower: EventFollower | None = None
    with stack_command(stack, lambda: f"Stopped. {follower.summary if follower else ''}".strip()) as (scope, _):
        follower = NotificationFollower(scope, begin) if is_notifications else EventFollower(scope, begin)
        shown = NOTIFICATION_FORMAT if is_notifications else EVENT_FORMAT
        read = None if is_notifications else DrainReader(scope).read
        if output is Output.text and sys.stdin.isatty() and sys.stdout.isatty():
            _show_screen(follower, stack, shown, WaitingEvents(read) if read else None)
        else:
            _print_lines(follower, output, shown, WaitingEvents(read, _NOTICE_SECONDS) if read else None)


def _show_screen(follower: EventFollower, stack: StackFlags, shown: WatchFormat, waiting: WaitingEvents | None) -> None:
    from scripts.watch.actions import EventActions, NotificationActions  # only now, because these need a terminal
    from scripts.watch.keys import Keyboard
    from scripts.watch.screen import WatchScreen

    actions = EventActions(stack) if waiting else NotificationActions(stack)
    console = Console(highlight=False, markup=False)
    WatchScreen(follower, actions, console, Keyboard(), shown.names, waiting=waiting).run()


def _print_lines(follower: EventFollower, output: Output, shown: WatchFormat, waiting: WaitingEvents | None) -> None:
    """Print events until interrupted, and as notices how many wait."""
    is_slowed = False
    if output is Output.text:
        typer.echo(heading(names=shown.names))
    while True:
        follower.poll(lambda events: _print(events, output, shown))
        if follower.is_slowed and not is_slowed:
            notice("AWS is busy or does not answer; events follow later")
        is_slowed = follower.is_slowed
        if waiting and waiting.look() and (text := waiting.text()):
            notice(escape(text))
        time.sleep(follower.pause_seconds)


def _print(events: list[LoggedEvent], output: Output, shown: WatchFormat) -> None:
    for event in events:
        typer.echo(line(event) if output is Output.text else json.dumps(shown.as_data(event)))
    sys.stdout.flush()
