"""Sending to the webhook queue: the members of the call, and the digest of the reply."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.aws import AwsError
from ingest.deadline import Deadline
from ingest.envelope import QueuedMessage
from ingest.sqs_text import to_utf8
from ingest.webhook_queue import WebhookQueue
from tests.ingest.clocks import FakeClock

DEADLINE = Deadline(1, FakeClock())
MESSAGE = QueuedMessage('{"title":"ü"}'.encode(), {"profile": "alma", "encoding": "utf-8"})
DIGEST = hashlib.md5(MESSAGE.body.encode(), usedforsecurity=False).hexdigest()


class FakeSqs:
    """Gives every call the same answer and keeps its members."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call_with(self, operation: str, request: bytes, deadline: Deadline) -> dict[str, Any]:
        assert deadline is DEADLINE
        self.calls.append((operation, json.loads(request)))
        return self.answer


def send(sqs: FakeSqs, message: QueuedMessage = MESSAGE) -> None:
    WebhookQueue(sqs, "https://q").send(message, DEADLINE)  # type: ignore[arg-type]  # only the methods that are used


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


def test_f75_a_group_is_a_parameter_of_the_call() -> None:
    """It is sent beside the message, whose body and attributes stay the same."""
    plain, grouped = FakeSqs({"MD5OfMessageBody": DIGEST}), FakeSqs({"MD5OfMessageBody": DIGEST})
    send(plain)
    send(grouped, MESSAGE._replace(group="alma.LOAN"))
    [(_, without)], [(_, members)] = plain.calls, grouped.calls
    assert members == without | {"MessageGroupId": "alma.LOAN"}


TEXTS = st.text(st.characters(codec="utf-8"), max_size=60).map(str.encode)


@example(b'\\"\\\\"\t\r\n\\u0041\x7f', "é")
@given(TEXTS.filter(lambda text: to_utf8(text)[1] == "utf-8"), st.text())
def test_f12_f15_every_text_that_sqs_accepts_arrives_unchanged(body: bytes, value: str) -> None:
    """The JSON of the call decodes to the same text, with its attributes."""
    sqs = FakeSqs({"MD5OfMessageBody": hashlib.md5(body, usedforsecurity=False).hexdigest()})
    WebhookQueue(sqs, "https://q").send(QueuedMessage(body, {"a": value}), DEADLINE)  # type: ignore[arg-type]  # as above
    [(_, members)] = sqs.calls
    assert members["MessageBody"] == body.decode()
    assert members["MessageAttributes"]["a"]["StringValue"] == value


@pytest.mark.parametrize("answer", [{"MD5OfMessageBody": "0" * 32}, {}])
def test_f10_a_reply_with_another_digest_is_a_failure(answer: dict[str, str]) -> None:
    """If SQS stored something else, the message was not accepted."""
    with pytest.raises(AwsError, match=r"^DigestMismatch$"):
        send(FakeSqs(answer))


def test_the_digest_works_on_fips_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python in FIPS mode allows MD5 only if it is not used for security, as here."""
    md5 = hashlib.md5

    def strict(data: bytes, *, usedforsecurity: bool = True) -> Any:
        assert not usedforsecurity
        return md5(data, usedforsecurity=False)

    monkeypatch.setattr("ingest.webhook_queue.hashlib.md5", strict)
    send(FakeSqs({"MD5OfMessageBody": DIGEST}))
