"""Turns values of a topic into notifications on the queue: the part of the producer that knows nothing of HTTP."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ingest.envelope import Envelope, QueuedMessage, rfc3339
from ingest.sqs_text import accepted_group
from notifications.compose import compose
from notifications.integrations.integration import Integration
from notifications.notification import Notification
from notifications.notification_queue import NotificationQueue
from notifications.topics import Topic
from processor.retries import RemainingTime

PROFILE: Final = "notifications"  # of the envelope; no Alma profile, since these messages have a queue of their own
_JSON: Final = "application/json"


class Published(NamedTuple):
    """What the queue took: SQS message ids by the integration's name."""

    ids: dict[str, str]
    unknown_variables: int


class Publisher:
    """Renders and queues. `integrations` is by type."""

    def __init__(
        self, integrations: Mapping[str, Integration[Any]], queue: NotificationQueue, wall: Callable[[], float]
    ) -> None:
        self._integrations = integrations
        self._queue = queue
        self._wall = wall

    def publish(
        self, topic: Topic, values: Mapping[str, Any], source: str, receipt_id: str, remaining_time: RemainingTime
    ) -> Published:
        """Queue one notification for each integration of the topic.

        The same source makes the same identities, so that the sender drops what it has sent. Raise Permanent (template,
        too-large, refused) before anything is queued, and NotQueuedError.
        """
        composed = compose(topic, values, source, self._integrations)
        messages = [self._message(each, receipt_id) for each in composed.notifications]
        ids = self._queue.send(messages, remaining_time)
        names = [each.name for each in composed.notifications]
        return Published(dict(zip(names, ids, strict=True)), composed.unknown_variables)

    def _message(self, notification: Notification, receipt_id: str) -> QueuedMessage:
        """Return the envelope in its group: the topic, so that a burst of one topic does not delay the others.

        "Amazon SQS fair queues", SQS Developer Guide.
        """
        envelope = Envelope(
            body=notification.encode().encode(),
            receipt_id=receipt_id,
            received_at=rfc3339(self._wall()),
            profile=PROFILE,
            content_type=_JSON,
        )
        return envelope.encode()._replace(group=accepted_group(notification.topic))
