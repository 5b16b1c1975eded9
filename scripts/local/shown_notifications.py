"""Show the messages of a run's notifications, and how many dead letters there are."""

import time
from collections.abc import Callable
from typing import Final

from scripts.cli.output import notice
from scripts.cli.plural import plural
from scripts.local.notifications import LocalNotifications
from scripts.local.run_display import RunDisplay

_SECONDS: Final = 40.0  # the sender's cold start on a busy computer, and some paced messages
_LOOK_SECONDS: Final = 0.2


class ShownNotifications:
    """Prints each message once, as its service got it, and the number of dead letters when it changes."""

    def __init__(
        self,
        running: LocalNotifications,
        display: RunDisplay,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._running = running
        self._display = display
        self._monotonic = monotonic
        self._sleep = sleep
        self._dead_letters = running.dead_letters()

    def show(self) -> int:
        """Print what is new, and return how many dead letters there are more than at the last time."""
        for message in self._running.receiver.inbox.fresh():
            self._display.message(message)
        before, self._dead_letters = self._dead_letters, self._running.dead_letters()
        if self._dead_letters != before:
            self._display.dead_letters(self._dead_letters, " of notifications")
        return self._dead_letters - before

    def settle(self) -> int:
        """Wait until the queue is empty, then do the same. A paced message can take longer, which is said."""
        deadline = self._monotonic() + _SECONDS
        while (waiting := self._running.waiting()) and self._monotonic() < deadline:
            self._sleep(_LOOK_SECONDS)
        if waiting:
            notice(f"{plural(waiting, 'notification')} still on the queue")
        return self.show()

    def problem(self, dead_letters: int) -> str:
        """Return the sentence about this number of new dead letters."""
        return f"{plural(dead_letters, 'notification')} could not be sent; see the dead letters."
