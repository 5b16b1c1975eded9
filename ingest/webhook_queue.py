"""The webhook queue as ingest sees it: puts one encoded envelope on it. Receives nothing, chooses no encoding."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

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

        The digest in the reply is compared, for SQS' pages disagree whether odd characters are rejected or replaced.
        """
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()}
        request = _json(message.utf8, {"QueueUrl": self._url, "MessageAttributes": attributes})
        answer = self._sqs.call_with("SendMessage", request, deadline)
        if answer.get("MD5OfMessageBody") != hashlib.md5(message.utf8, usedforsecurity=False).hexdigest():
            raise AwsError("DigestMismatch")


def _json(body: bytes, members: Mapping[str, object]) -> bytes:
    """A JSON object of MessageBody and other members.

    A body has no control characters but those that SQS takes (`ingest.sqs_text` sees to that). Of 200 KB of JSON in a
    European language `json.dumps` makes a third more than this and takes twice as long.
    """
    text = body.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    text = text.replace(b"\n", b"\\n").replace(b"\r", b"\\r").replace(b"\t", b"\\t")
    return b'{"MessageBody":"%b",%b' % (text, json.dumps(members).encode()[1:])
