"""Deliveries: a body that is too large for a message becomes a pointer."""

import base64
import json

import pytest

from ingest.envelope import Envelope, pointer_to
from processor.alma.events import parse
from processor.delivery import (
    MAX_MESSAGE_BYTES,
    QueueDelivery,
    TopicDelivery,
    offload_if_too_large,
    topic_message,
)
from tests.processor.fake_overflow_bucket import FakeOverflowBucket

ATTRIBUTES = {"action": "LOAN", "encoding": "utf-8"}
ROOM = MAX_MESSAGE_BYTES - TopicDelivery("r", "t", "k", "", ATTRIBUTES).size


def test_the_size_counts_message_and_attributes_in_bytes() -> None:
    """Names, types and values count, and every byte of a character."""
    assert TopicDelivery("r", "t", "k", "é", {"a": "é"}).size == 2 + len("aString") + 2
    assert MAX_MESSAGE_BYTES == 262_144


def test_a_message_that_fits_is_sent_unchanged() -> None:
    """A message of the maximum size is sent, and nothing is stored."""
    store = FakeOverflowBucket()
    delivery = TopicDelivery("r", "t", "k", "x" * ROOM, ATTRIBUTES)
    assert offload_if_too_large(delivery, store.put) is delivery
    assert store.bodies == {}


def test_a_topic_gets_the_body_and_the_attributes_of_the_event() -> None:
    """Subscribers filter by attributes; empty ones are omitted, because SNS refuses them."""
    sent = b'{"action":"LOAN","event":{"value":"LOAN_CREATED"},"institution":{"value":"01EXAMPLE_INST"},"time":"t"}'
    known = {"profile": "alma", "receipt_id": "receipt", "identity": "identity", "encoding": "utf-8"}
    full = {"action": "LOAN", "event": "LOAN_CREATED", "institution": "01EXAMPLE_INST", "event_time": "t"} | known
    for body, attributes in ((sent, full), (b'{"action":"NEW"}', {"action": "NEW"} | known)):
        envelope = Envelope(body, "receipt", "2026-05-13T02:41:11.000Z", "alma")
        assert topic_message(parse(body), envelope, "identity") == (body.decode(), attributes)


@pytest.mark.parametrize("kind", [TopicDelivery, QueueDelivery])
def test_a_message_that_is_too_large_is_stored(kind: type[TopicDelivery | QueueDelivery]) -> None:
    """One byte more makes the message a pointer in the format of the AWS extended client libraries."""
    store = FakeOverflowBucket()
    body = "x" * (ROOM + 1)
    fits = offload_if_too_large(kind("r", "t", "k", body, ATTRIBUTES), store.put)
    [class_name, location] = json.loads(fits.message)
    assert class_name == "software.amazon.payloadoffloading.PayloadS3Pointer"
    assert location == {"s3BucketName": "bucket", "s3Key": pointer_to(body.encode(), "bucket").key}
    assert fits.attributes == {"action": "LOAN", "encoding": "s3", "ExtendedPayloadSize": str(len(body))}
    assert list(store.bodies.values()) == [body.encode()]
    assert (fits.key, fits.target, fits.route) == ("k", f"{kind.kind}:t", "r")


def test_the_stored_body_is_the_signed_body() -> None:
    """A body that is Base64 in the message is stored as it was signed."""
    store = FakeOverflowBucket()
    body = b"\xff" * 200_000
    text = base64.b64encode(body).decode()
    fits = offload_if_too_large(TopicDelivery("r", "t", "k", text, {"encoding": "base64"}), store.put)
    assert list(store.bodies.values()) == [body]
    assert fits.attributes["ExtendedPayloadSize"] == "200000"
