"""Deliveries: a body too large for a message becomes a pointer; an input too large for an execution is a failure."""

import base64
import json

import pytest

from ingest.envelope import Envelope, pointer_to
from processor.alma.events import parse
from processor.delivery import (
    MAX_INPUT_BYTES,
    MAX_MESSAGE_BYTES,
    QueueDelivery,
    StateMachineDelivery,
    TopicDelivery,
    check_input_fits,
    offload_if_too_large,
    topic_message,
)
from processor.errors import Permanent
from tests.processor.fake_overflow_bucket import FakeOverflowBucket

ATTRIBUTES = {"action": "LOAN", "encoding": "utf-8"}
ROOM = MAX_MESSAGE_BYTES - TopicDelivery("r", "t", "k", "", ATTRIBUTES).size


def test_the_size_counts_message_and_attributes_in_bytes() -> None:
    """Names, types and values count, and every byte of a character."""
    assert TopicDelivery("r", "t", "k", "é", {"a": "é"}).size == 2 + len("aString") + 2
    assert MAX_MESSAGE_BYTES == 262_144


def test_what_fits_is_sent_as_it_is() -> None:
    """To the last byte; nothing is stored."""
    store = FakeOverflowBucket()
    delivery = TopicDelivery("r", "t", "k", "x" * ROOM, ATTRIBUTES)
    assert offload_if_too_large(delivery, store.put) is delivery
    assert store.bodies == {}


def test_a_topic_gets_the_body_and_what_is_known_of_the_event() -> None:
    """Subscribers filter by the attributes; SNS refuses an empty one, so what Alma did not send is left out."""
    sent = b'{"action":"LOAN","event":{"value":"LOAN_CREATED"},"institution":{"value":"01EXAMPLE_INST"},"time":"t"}'
    known = {"profile": "alma", "receipt_id": "receipt", "identity": "identity", "encoding": "utf-8"}
    full = {"action": "LOAN", "event": "LOAN_CREATED", "institution": "01EXAMPLE_INST", "event_time": "t"} | known
    for body, attributes in ((sent, full), (b'{"action":"NEW"}', {"action": "NEW"} | known)):
        envelope = Envelope(body, "receipt", "2026-05-13T02:41:11.000Z", "alma")
        assert topic_message(parse(body), envelope, "identity") == (body.decode(), attributes)


@pytest.mark.parametrize("kind", [TopicDelivery, QueueDelivery])
def test_what_does_not_fit_is_stored_and_pointed_to(kind: type[TopicDelivery | QueueDelivery]) -> None:
    """One byte more: the message is a pointer as AWS' extended client libraries write it; the attributes stay."""
    store = FakeOverflowBucket()
    body = "x" * (ROOM + 1)
    fits = offload_if_too_large(kind("r", "t", "k", body, ATTRIBUTES), store.put)
    [class_name, location] = json.loads(fits.message)
    assert class_name == "software.amazon.payloadoffloading.PayloadS3Pointer"
    assert location == {"s3BucketName": "bucket", "s3Key": pointer_to(body.encode(), "bucket").key}
    assert fits.attributes == {"action": "LOAN", "encoding": "s3", "ExtendedPayloadSize": str(len(body))}
    assert list(store.bodies.values()) == [body.encode()]
    assert (fits.key, fits.target, fits.route) == ("k", f"{kind.kind}:t", "r")


def test_the_very_bytes_are_stored() -> None:
    """What was Base64 for the message's sake lies in the bucket as it was signed."""
    store = FakeOverflowBucket()
    body = b"\xff" * 200_000
    text = base64.b64encode(body).decode()
    fits = offload_if_too_large(TopicDelivery("r", "t", "k", text, {"encoding": "base64"}), store.put)
    assert list(store.bodies.values()) == [body]
    assert fits.attributes["ExtendedPayloadSize"] == "200000"


def test_f30_an_input_that_is_too_large_is_permanent_and_says_so() -> None:
    """Step Functions would refuse it every time; the reason has both numbers and the way out."""
    check_input_fits(StateMachineDelivery("r", "pod", "k", "n", "é" * (MAX_INPUT_BYTES // 2)))
    with pytest.raises(Permanent, match="the input has 262145 bytes, and Step Functions accepts 262144") as failed:
        check_input_fits(StateMachineDelivery("r", "pod", "k", "n", "é" * (MAX_INPUT_BYTES // 2) + "x"))
    assert failed.value.members == {
        "class": "too-large",
        "reason": failed.value.reason,
        "route": "r",
        "target": "state_machine:pod",
        "field": "input",
    }
