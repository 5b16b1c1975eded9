"""Read dead letters of notifications: their topic, integration and service, besides the envelope and the cause."""

import sys
from typing import Final

from notifications.notification import Notification
from processor.codes import NOT_A_CODE, is_code
from scripts.dead_letters.reader import ReadDeadLetter, Reader, Summary

_PARTS: Final = 2  # of a topic: channel and topic


class NotificationReader(Reader):
    """Reads dead letters of the notifications queue. No body is elsewhere: the producer queues none that is larger."""

    def _parsed(self, unpacked: ReadDeadLetter, body: bytes) -> ReadDeadLetter:
        """Return the dead letter with its notification. Raise EnvelopeError, MemoryError, RecursionError."""
        notification = Notification.decode(body)
        return unpacked._replace(summary=_named(unpacked.summary, notification), notification=notification)


def _named(summary: Summary, notification: Notification) -> Summary:
    """Return the summary with the names of the notification, each in the form that names have, or `(not a code)`."""
    kind = notification.credentials.get("type", "")
    texts = notification.topic, notification.name, kind if isinstance(kind, str) else NOT_A_CODE
    topic, integration, service = map(_name, texts)
    return summary._replace(topic=topic, integration=integration, service=service)


def _name(text: str) -> str:
    """Return a name, interned because thousands of dead letters share it."""
    parts = text.split("+")
    is_name = not text or (len(parts) <= _PARTS and all(map(is_code, parts)))
    return sys.intern(text if is_name else NOT_A_CODE)
