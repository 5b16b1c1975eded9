"""A standard queue of SQS in memory. It knows no client: see clients.py."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

Attributes = dict[str, dict[str, str]]


@dataclass(eq=False)
class Message:
    """A message. It can be received from `visible_at` on; only the newest `handle` deletes it."""

    id: str
    body: str
    attributes: Attributes
    group: str
    sent_at: float
    visible_at: float
    receives: int = 0

    @property
    def handle(self) -> str:
        """The receipt handle of the last receive."""
        return f"{self.id}#{self.receives}"

    @property
    def receipt_id(self) -> str:
        """The receipt ID of its event."""
        return self.attributes["receipt_id"]["StringValue"]


def _ignore(_: Message) -> None:
    pass


@dataclass(eq=False)
class Queue:
    """A queue. After `most_receives` a message goes to the queue `dead`, if there is one.

    `on_change` is called with each message whose time changed, `on_moved` with each that SQS itself moved to `dead`.
    """

    url: str
    arn: str
    visibility: float = 30.0
    most_receives: int = 0
    dead: "Queue | None" = None
    messages: dict[str, Message] = field(default_factory=dict)
    on_change: Callable[[Message], None] = _ignore
    on_moved: Callable[[Message], None] = _ignore
    numbers: Any = field(default_factory=itertools.count)

    def send(self, body: str, attributes: Attributes, group: str, now: float) -> Message:
        """Add a message, and return it."""
        message = Message(f"{self.url[-1]}{next(self.numbers)}", body, attributes, group, now, now)
        self.add(message)
        return message

    def add(self, message: Message) -> None:
        """Put a message on the queue as it is."""
        self.messages[message.id] = message
        self.on_change(message)

    def visible(self, now: float) -> list[Message]:
        """Return the messages that can be received."""
        return [message for message in self.messages.values() if message.visible_at <= now]

    def receive(self, most: int, seconds: float, now: float, random: Random) -> list[Message]:
        """Receive and hide up to `most` messages, in any order; move those that were received too often."""
        found = self.visible(now)
        random.shuffle(found)
        received: list[Message] = []
        for message in found:
            if self.dead and message.receives >= self.most_receives:
                self._move(message, self.dead, now)
            elif len(received) < most:
                message.receives += 1
                message.visible_at = now + seconds
                received.append(message)
                self.on_change(message)
        return received

    def hide(self, handle: str, seconds: float, now: float) -> str:
        """Hide a message for some seconds from now. Return the error's code, or an empty string."""
        message = self._of(handle)
        if message is None:
            return "InvalidParameterValue"
        if message.visible_at <= now:
            return "MessageNotInflight"
        message.visible_at = now + seconds
        self.on_change(message)
        return ""

    def delete(self, handle: str) -> None:
        """Delete a message. With an older handle, or without a message, nothing happens, which is no error."""
        message = self._of(handle)
        if message is not None:
            del self.messages[message.id]

    def _of(self, handle: str) -> Message | None:
        message = self.messages.get(handle.split("#")[0])
        return message if message is not None and message.handle == handle else None

    def _move(self, message: Message, dead: "Queue", now: float) -> None:
        del self.messages[message.id]
        moved = dead.send(message.body, message.attributes, message.group, now)
        self.on_moved(message)
        moved.sent_at = message.sent_at  # "Dead-letter queues", Amazon SQS Developer Guide: retention counts on
