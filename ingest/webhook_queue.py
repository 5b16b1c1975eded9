"""The webhook queue as ingest sees it: puts one encoded envelope on it. Receives nothing, chooses no encoding."""

import hashlib

from ingest.aws import AwsError, JsonApi
from ingest.deadline import Deadline
from ingest.envelope import QueuedMessage
from ingest.json_text import with_text


class WebhookQueue:
    """The SQS queue that the processor takes from."""

    def __init__(self, sqs: JsonApi, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, message: QueuedMessage, deadline: Deadline) -> None:
        """Returns once SQS has accepted the message as it is ("SendMessage", SQS API Reference). Raises AwsError.

        The digest in the reply is compared, for SQS' pages disagree whether odd characters are refused or replaced.
        """
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()}
        request = with_text("MessageBody", message.utf8, {"QueueUrl": self._url, "MessageAttributes": attributes})
        answer = self._sqs.call_with("SendMessage", request, deadline)
        if answer.get("MD5OfMessageBody") != hashlib.md5(message.utf8, usedforsecurity=False).hexdigest():
            raise AwsError("DigestMismatch")
