"""The events that `watch` shows on a terminal, of which one is selected. Pure."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from scripts.aws.logged_event import LoggedEvent

MOST_EVENTS: Final = 1000
"""How many events can be selected; older ones are forgotten."""


class EventList:
    """The latest events. The newest one is selected until another one is chosen, which stays selected then."""

    def __init__(self, most: int = MOST_EVENTS) -> None:
        self._events: deque[LoggedEvent] = deque(maxlen=most)
        self._selected = 0
        self._top = 0
        self.count = 0

    @property
    def selected(self) -> LoggedEvent | None:
        """The selected event, or None without events."""
        return self._events[self._selected] if self._events else None

    def add(self, events: Iterable[LoggedEvent]) -> None:
        """Add new events at the end."""
        is_newest = self._selected >= len(self._events) - 1
        for event in events:
            if len(self._events) == self._events.maxlen:
                self._selected, self._top = max(0, self._selected - 1), max(0, self._top - 1)
            self._events.append(event)
            self.count += 1
        if is_newest:
            self._selected = max(0, len(self._events) - 1)

    def move(self, by: int) -> None:
        """Select the event that is this many lines below, or above if negative; the first or last if there is none."""
        self._selected = max(0, min(self._selected + by, len(self._events) - 1))

    def visible(self, rows: int) -> list[tuple[LoggedEvent, bool]]:
        """Return as many events as fit the rows, each with whether it is the selected one, which is among them."""
        last = max(0, len(self._events) - rows)
        self._top = min(max(self._top, self._selected - rows + 1), self._selected, last)
        if self._selected == len(self._events) - 1:
            self._top = last
        shown = range(self._top, min(self._top + rows, len(self._events)))
        return [(self._events[index], index == self._selected) for index in shown]
