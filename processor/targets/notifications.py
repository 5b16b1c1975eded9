"""Renders the notifications of a topic, and puts them on the queue of the notifications stack. Sends none of them."""

import encodings.utf_16_le  # noqa: F401 -- texts are measured with it, and events have less CPU than the start
import time
from typing import TYPE_CHECKING, Final

from notifications.integrations.table import INTEGRATIONS
from notifications.notification_queue import NotificationQueue, NotQueuedError
from notifications.publisher import Publisher
from notifications.topic_table import TopicTable
from notifications.topics import Topic
from processor.delivery import NotificationDelivery
from processor.errors import Failure, Permanent, Transient
from processor.notification_name import FORM, NOT_THERE, key_of
from processor.outcomes import Outcome
from processor.retries import failure_by_code, failures_of_aws
from processor.targets.target import Sent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

SOURCE: Final = "delivery:"
"""What the delivery key follows in the source of an identity, which has the kind of its source."""


class Notifications:
    """The topics of notifications by `channel/topic`. `topics_table` and `queue` are names in the stack's account.

    Each delivery reads its topic, so that a changed topic counts at once.
    """

    def __init__(self, dynamodb: "DynamoDBClient", sqs: "SQSClient", *, topics_table: str, queue: str) -> None:
        self._topics = TopicTable(dynamodb, topics_table)
        self._sqs = sqs
        self._queue = queue
        self._made: Publisher | None = None

    def deliver(self, delivery: NotificationDelivery) -> Sent:
        """Queue one notification for each integration of the topic. Raise Permanent, Transient.

        A repeated delivery queues the same identities, so that the sender drops those that it has sent.
        """
        try:
            topic, publisher = self._topic(delivery.name), self._publisher()
            # Without time the queue repeats nothing by itself: the processor repeats the whole delivery.
            done = publisher.publish(topic, delivery.values, SOURCE + delivery.key, delivery.receipt_id, lambda: 0.0)
        except Failure as failure:
            raise _at(delivery, failure) from None
        except NotQueuedError as error:
            what = "the notifications could not be queued"
            raise failure_by_code(error.code, "refused", what, **_place_of(delivery)) from None
        return Sent(Outcome.DELIVERED, facts={"queued": len(done.ids), "unknown_variables": done.unknown_variables})

    def _topic(self, name: str) -> Topic:
        key = key_of(name)
        if key is None:
            raise Permanent("no-target", f"the target {FORM}")
        topic = self._topics.by_name(key)
        if topic is None:
            raise Permanent("no-target", NOT_THERE)
        return topic

    def _publisher(self) -> Publisher:
        """Return the publisher, made at its first use: the stack of the queue is deployed after the processor's."""
        if self._made is None:
            self._made = Publisher(INTEGRATIONS, NotificationQueue(self._sqs, self._url()), time.time)
        return self._made

    def _url(self) -> str:
        """Return the URL of the queue. Its stack is deployed after the processor's, so one that is missing can come."""
        with failures_of_aws("refused", "the queue of notifications could not be found"):
            try:
                return self._sqs.get_queue_url(QueueName=self._queue)["QueueUrl"]
            except self._sqs.exceptions.QueueDoesNotExist:
                raise Transient("transient", "the queue of notifications does not exist yet") from None


def _place_of(delivery: NotificationDelivery) -> dict[str, str]:
    return {"route": delivery.route, "target": delivery.target}


def _at(delivery: NotificationDelivery, failure: Failure) -> Failure:
    """Return a failure of the topic as one of the delivery. Its reason names the integration and its member."""
    return type(failure)(failure.cause_class, failure.reason, **_place_of(delivery), field=delivery.place)
