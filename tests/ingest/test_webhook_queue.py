"""Sending to the webhook queue: the members of the call, and the digest of the reply."""

import hashlib
import json
from typing import Any

import pytest

from ingest.aws import AwsError
from ingest.deadline import Deadline
from ingest.envelope import QueuedMessage
from ingest.webhook_queue import WebhookQueue
from tests.ingest.clocks import Clock

DEADLINE = Deadline(1, Clock())
MESSAGE = QueuedMessage('{"title":"ü"}'.encode(), {"profile": "alma", "encoding": "utf-8"})
DIGEST = hashlib.md5(MESSAGE.body.encode(), usedforsecurity=False).hexdigest()


class FakeSqs:
    """Answers every call alike and keeps what it got."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call_with(self, operation: str, request: bytes, deadline: Deadline) -> dict[str, Any]:
        assert deadline is DEADLINE
        self.calls.append((operation, json.loads(request)))
        return self.answer


def send(sqs: FakeSqs) -> None:
    WebhookQueue(sqs, "https://q").send(MESSAGE, DEADLINE)  # type: ignore[arg-type]  # the part that is used


def test_the_message_is_sent_with_string_attributes() -> None:
    """SQS gets body and attributes as they were encoded."""
    sqs = FakeSqs({"MD5OfMessageBody": DIGEST})
    send(sqs)
    assert sqs.calls == [
        (
            "SendMessage",
            {
                "QueueUrl": "https://q",
                "MessageBody": '{"title":"ü"}',
                "MessageAttributes": {
                    "profile": {"DataType": "String", "StringValue": "alma"},
                    "encoding": {"DataType": "String", "StringValue": "utf-8"},
                },
            },
        )
    ]


@pytest.mark.parametrize("answer", [{"MD5OfMessageBody": "0" * 32}, {}])
def test_a_reply_with_another_digest_is_a_failure(answer: dict[str, str]) -> None:
    """What SQS stored is not what was sent, so it was not accepted."""
    with pytest.raises(AwsError, match=r"^DigestMismatch$"):
        send(FakeSqs(answer))


def test_the_digest_is_taken_where_md5_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that follows FIPS has no MD5 for security; this one is against accidents only."""
    md5 = hashlib.md5

    def strict(data: bytes, *, usedforsecurity: bool = True) -> Any:
        assert not usedforsecurity
        return md5(data, usedforsecurity=False)

    monkeypatch.setattr("ingest.webhook_queue.hashlib.md5", strict)
    send(FakeSqs({"MD5OfMessageBody": DIGEST}))
