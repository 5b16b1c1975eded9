"""Show the events of `watch` on a terminal, and act on keys."""

import time
from collections.abc import Callable
from typing import Final, Protocol

from rich.cells import set_cell_size
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from scripts.aws.event_follower import EventFollower
from scripts.aws.logged_event import DEAD, RETRY, LoggedEvent
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.watch.event_list import EventList
from scripts.watch.keys import Key, Keyboard
from scripts.watch.report import EVENT_FORMAT, heading, line
from scripts.watch.waiting import WaitingEvents

_COLORS: Final = {DEAD: "red", RETRY: "yellow"}
_HELP: Final = "↑↓ select  s show  e explain  r replay  q quit"
_OTHER_LINES: Final = 3  # the heading, the selected event, the keys
_MOVES: Final = {Key.up: -1, Key.down: 1, Key.first: -1_000_000, Key.last: 1_000_000}
_PAGES: Final = {Key.page_up: -1, Key.page_down: 1}


class Actions(Protocol):
    """What the screen can do with an event."""

    def show(self, event: LoggedEvent) -> None:
        """Print the event in full."""

    def explain(self, event: LoggedEvent) -> None:
        """Print what a replay would do."""

    def replay(self, event: LoggedEvent, confirm: Callable[[str], bool]) -> None:
        """Replay the event if `confirm` returns true for a question."""


class WatchScreen:
    """The list of events on a console, with the keyboard of its terminal."""

    def __init__(
        self,
        follower: EventFollower,
        actions: Actions,
        console: Console,
        keyboard: Keyboard,
        names: tuple[str, ...] = EVENT_FORMAT.names,
        monotonic: Callable[[], float] = time.monotonic,
        waiting: WaitingEvents | None = None,
    ) -> None:
        self._follower = follower
        self._waiting = waiting
        self._actions = actions
        self._console = console
        self._keyboard = keyboard
        self._names = names
        self._monotonic = monotonic
        self._events = EventList()

    def run(self) -> None:
        """Show events until the key to quit. Raise KeyboardInterrupt after Ctrl-C, and the errors of `poll`."""
        next_poll = self._monotonic()
        with self._keyboard, Live(console=self._console, screen=True, auto_refresh=False) as live:
            while True:
                if self._monotonic() >= next_poll:
                    self._follower.poll(self._events.add)
                    if self._waiting:
                        self._waiting.look()
                    next_poll = self._monotonic() + self._follower.pause_seconds
                live.update(self.rendered(), refresh=True)
                for key in self._keyboard.read(max(0.0, next_poll - self._monotonic())):
                    if key is Key.quit:
                        return
                    self._act(key, live)

    def rendered(self) -> Group:
        """Return the whole screen."""
        width, rows = self._console.width, self._rows
        shown = self._events.visible(rows)
        texts = [Text(heading(width, self._names), "bold")]
        for event, is_selected in shown:
            style = _COLORS.get(event.outcome, "")
            texts.append(Text(line(event, width), f"{style} reverse" if is_selected else style))
        texts += [Text("")] * (rows - len(shown))
        if waiting := self._waiting_text(width):
            texts.append(Text(set_cell_size(waiting, width)))
        return Group(*texts, Text(self._selected_text(width), "dim"), Text(set_cell_size(self._keys_text(), width)))

    @property
    def _rows(self) -> int:
        return max(1, self._console.height - _OTHER_LINES - bool(self._waiting_text(self._console.width)))

    def _waiting_text(self, width: int) -> str:
        return escape(self._waiting.text(width)) if self._waiting else ""

    def _selected_text(self, width: int) -> str:
        event = self._events.selected
        if event is None:
            return set_cell_size("waiting for events", width)
        reason = f": {escape(event.full_reason)}" if event.full_reason else ""
        return set_cell_size(f"{escape(event.receipt_id) or 'no receipt ID'}{reason}", width)

    def _keys_text(self) -> str:
        counted = escape(self._follower.summary) or plural(self._events.count, "event")
        state = "AWS is busy, trying again" if self._follower.is_slowed else counted
        return f"{_HELP}  {state}"

    def _act(self, key: Key, live: Live) -> None:
        if key in _MOVES or key in _PAGES:
            self._events.move(_MOVES.get(key) or _PAGES[key] * self._rows)
            return
        event = self._events.selected
        if event is None:
            return
        live.stop()  # so that what the command prints stays on the terminal
        with self._keyboard.released():
            if key is Key.show:
                self._actions.show(event)
            elif key is Key.explain:
                self._actions.explain(event)
            else:
                self._actions.replay(event, self._confirm)
        self._console.print("press any key to go on", style="dim")
        self._keyboard.wait()
        live.start(refresh=True)

    def _confirm(self, question: str) -> bool:
        """Ask a question that one key answers."""
        self._console.print(f"{question} y to confirm, any other key to cancel", markup=False)
        with self._keyboard:
            return self._keyboard.is_yes()
