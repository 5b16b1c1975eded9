"""Read dead letters of notifications: their topic, integration and service, besides the envelope and the cause."""

import sys
from datetime import timedelta
from typing import Final

from ingest.envelope import Envelope, EnvelopeError
from notifications.notification import Notification
from processor.codes import NOT_A_CODE, is_code
from scripts.aws.context import StackContext
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.reader import TOO_LARGE, ReadDeadLetter, Reader, Summary
from scripts.dead_letters.store import DeadLetterStore, queue_of

_PARTS: Final = 2  # of a topic: channel and topic


def open_notifications(scope: StackContext, notifications: StackContext) -> DeadLetterStore:
    """Open the dead letters of the notifications stack of a pipeline. Raise as `open_dead_letters`."""
    queue = queue_of(notifications)
    retention, now = queue.retention()
    return DeadLetterStore(
        scope, queue, None, NotificationReader(retention), now, QueueName.notifications, notifications
    )


class NotificationReader(Reader):
    """Reads dead letters of the notifications queue. No body is elsewhere: the producer queues none that is larger."""

    def __init__(self, retention: timedelta) -> None:
        self._retention = retention

    def read(self, dead_letter: DeadLetter) -> ReadDeadLetter:
        """Return the dead letter with its notification, if it is readable. Raise nothing."""
        unpacked = self.unpack(dead_letter)
        if unpacked.envelope is None:
            return unpacked
        try:
            notification = Notification.decode(unpacked.envelope.body)
        except EnvelopeError as error:
            return unpacked._replace(problem=str(error))
        except MemoryError:
            return unpacked._replace(problem=TOO_LARGE)
        return unpacked._replace(summary=_named(unpacked.summary, notification), notification=notification)

    def _envelope(self, dead_letter: DeadLetter) -> Envelope:
        return Envelope.decode(dead_letter.body, dead_letter.attributes)


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
