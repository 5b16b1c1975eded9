"""Show, explain or replay an event of `watch` with the commands for it, which print."""

from collections.abc import Callable
from typing import Final

import typer

from scripts.aws.logged_event import DEAD, LoggedEvent
from scripts.cli.exit_codes import CommandError
from scripts.cli.options import StackFlags
from scripts.cli.output import notice
from scripts.cli.terminal import escape
from scripts.dead_letters.commands import read, replay
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.flags import Choice
from scripts.request_trace.commands import show_trace

_SINCE: Final = "14d"  # as long as a dead letter can live


class EventActions:
    """What can be done with an event of a stack. Errors are printed, so that the watch goes on."""

    def __init__(self, stack: StackFlags) -> None:
        self._stack = stack

    def show(self, event: LoggedEvent) -> None:
        """Print the log lines of the event, and its dead letter if it is one."""
        _guarded(lambda: show_trace(event.receipt_id, _SINCE, self._stack))
        if event.outcome == DEAD:
            notice("")
            _guarded(lambda: read.show(ids=[event.receipt_id], stack=self._stack))

    def explain(self, event: LoggedEvent) -> None:
        """Print what a replay of the dead letter would do."""
        if _is_dead_letter(event, "explained"):
            _guarded(lambda: read.explain(ids=[event.receipt_id], stack=self._stack))

    def replay(self, event: LoggedEvent, confirm: Callable[[str], bool]) -> None:
        """Print a dry run, ask, then replay the dead letter and print its outcome."""
        if not _is_dead_letter(event, "replayed"):
            return
        choice = Choice(ids=(event.receipt_id,))
        is_planned = _guarded(lambda: replay.replay(choice=choice, filters=Filters(), stack=self._stack))
        if is_planned and confirm(f"Replay {escape(event.receipt_id)}?"):
            _guarded(lambda: replay.replay(choice=choice, filters=Filters(), stack=self._stack, yes=True, wait=True))


class NotificationActions(EventActions):
    """What can be done with a notification of a stack. Its dead letter has the receipt ID of its request."""

    def show(self, event: LoggedEvent) -> None:
        """Print the log lines of the request, with all its notifications."""
        _guarded(lambda: show_trace(event.receipt_id, _SINCE, self._stack))

    def explain(self, event: LoggedEvent) -> None:
        """Name the command, which can select one of several dead letters of a request."""
        if _is_dead_letter(event, "explained"):
            notice(f"Run alma-webhooks dead-letters explain {escape(event.receipt_id)} --queue notifications.")

    def replay(self, event: LoggedEvent, confirm: Callable[[str], bool]) -> None:  # noqa: ARG002 -- nothing is replayed
        """Name the command, as for `explain`."""
        if _is_dead_letter(event, "replayed"):
            notice(f"Run alma-webhooks dead-letters replay {escape(event.receipt_id)} --queue notifications.")


def _is_dead_letter(event: LoggedEvent, what: str) -> bool:
    """Return whether the event is a dead letter with an ID; print why not."""
    if event.outcome != DEAD:
        notice(f"Only dead letters can be {what}; this event is {escape(event.outcome)}.")
    elif not event.receipt_id:
        notice("This dead letter has no receipt ID; find it with alma-webhooks dead-letters list.")
    else:
        return True
    return False


def _guarded(command: Callable[[], None]) -> bool:
    """Run a command, print its error, and return whether it succeeded."""
    try:
        command()
    except CommandError as error:
        notice(f"alma-webhooks: {escape(str(error))}")
    except typer.Exit as ending:
        return not ending.exit_code
    else:
        return True
    return False
