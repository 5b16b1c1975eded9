"""The webhook queue as ingest sees it: puts one encoded envelope on it. Receives nothing, chooses no encoding."""

import hashlib

from ingest.aws import AwsError, JsonApi
from ingest.deadline import Deadline
from ingest.envelope import QueuedMessage


class WebhookQueue:
    """The SQS queue that the processor takes from."""

    def __init__(self, sqs: JsonApi, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, message: QueuedMessage, deadline: Deadline) -> None:
        """Returns once SQS has accepted the message as it is ("SendMessage", SQS API Reference). Raises AwsError.

        The digest in the reply is compared, for SQS' pages disagree whether odd characters are refused or replaced.
        """
        members = {
            "QueueUrl": self._url,
            "MessageBody": message.body,
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()
            },
        }
        answer = self._sqs.call("SendMessage", members, deadline)
        if answer.get("MD5OfMessageBody") != hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest():
            raise AwsError("DigestMismatch")
