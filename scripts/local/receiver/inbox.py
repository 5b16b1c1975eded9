"""The messages of a run: those that its receiver got, and the e-mails and SMS that the emulator keeps."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from scripts.local.receiver.emulator_messages import KeptMessage

MOST_KEPT: Final = 5_000


class ReceivedMessage(NamedTuple):
    """One message as its service got it. `status` is what the service answered; 200 for e-mail and SMS."""

    at: datetime
    service: str
    to: str
    text: str
    subject: str = ""
    status: int = 200

    def as_data(self) -> dict[str, Any]:
        """Return the message as JSON data."""
        return {**self._asdict(), "at": self.at.isoformat(timespec="milliseconds")}


class Inbox:
    """Keeps the last messages in the order of their arrival. Several threads use it.

    `kept` returns every e-mail and SMS so far. They arrive when they are seen, because SMS have no time.
    """

    def __init__(self, kept: Callable[[], list[KeptMessage]], wall: Callable[[], float] = time.time) -> None:
        self._kept = kept
        self._wall = wall
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._messages: deque[ReceivedMessage] = deque(maxlen=MOST_KEPT)
        self._fresh: deque[ReceivedMessage] = deque(maxlen=MOST_KEPT)

    def add(self, service: str, to: str, text: str, status: int) -> None:
        """Add a message that the receiver got."""
        with self._lock:
            self._append([ReceivedMessage(self._now(), service, to, text, status=status)])

    def messages(self) -> list[ReceivedMessage]:
        """Return all messages, the oldest first."""
        with self._lock:
            self._append(self._new())
            return [*self._messages]

    def fresh(self) -> list[ReceivedMessage]:
        """Return the messages that this method has not returned before."""
        with self._lock:
            self._append(self._new())
            found = [*self._fresh]
            self._fresh.clear()
            return found

    def _new(self) -> Iterator[ReceivedMessage]:
        for each in self._kept():
            if each.id not in self._seen:
                self._seen.add(each.id)
                yield ReceivedMessage(self._now(), each.service, each.to, each.text, each.subject)

    def _append(self, messages: Iterable[ReceivedMessage]) -> None:
        for each in messages:
            self._messages.append(each)
            self._fresh.append(each)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC)
