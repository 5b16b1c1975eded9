"""Postpones, deletes and sends messages on the notifications queue. Lambda receives them."""

from typing import Any

from ingest.envelope import QueuedMessage
from ingest.sqs_text import typed
from processor.fair_group import group_parameter, message_group_of
from processor.retries import failures_of_aws
from processor.webhook_queue import WebhookQueue

# "SendMessage", Amazon SQS API Reference.
MOST_DELAY_SECONDS = 900


class SenderQueue(WebhookQueue):
    """The queue between the producer and the sender, which puts messages on it again.

    The function needs `RecursiveLoop: Allow`: otherwise Lambda stops a message that was sent again 16 times ("Use
    Lambda recursive loop detection", AWS Lambda Developer Guide). The age limit of the sender ends every loop.
    """

    def send_again(self, record: dict[str, Any], seconds: int) -> None:
        """Send a received message as a new one, which has not been received yet. Raise Permanent, Transient.

        It has the same body, attributes and group, and comes after these seconds, at most a quarter of an hour.
        """
        attributes = {
            name: {"DataType": attribute["dataType"], "StringValue": attribute["stringValue"]}
            for name, attribute in (record.get("messageAttributes") or {}).items()
            if attribute.get("stringValue")
        }
        self._send(record, record["body"], attributes, seconds)

    def send(self, message: QueuedMessage, seconds: int, record: dict[str, Any]) -> None:
        """Send a message of the sender's own, with the group of a received one. Raise Permanent, Transient."""
        self._send(record, message.body, typed(message.attributes), seconds)

    def _send(self, record: dict[str, Any], body: str, attributes: Any, seconds: int) -> None:
        with failures_of_aws("refused", "the notifications queue did not take a message"):
            self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=body,
                MessageAttributes=attributes,
                DelaySeconds=max(0, min(seconds, MOST_DELAY_SECONDS)),
                **group_parameter(message_group_of(record), self._url),
            )
