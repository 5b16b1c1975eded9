"""The publisher: what is queued for a topic, and what identifies it."""

from typing import Any

import pytest

from ingest.envelope import Envelope
from notifications.notification import Notification
from notifications.notification_queue import NotificationQueue, NotQueuedError
from notifications.publisher import Published, Publisher
from notifications.topics import Topic
from processor.errors import Permanent
from tests.notifications.fake_integrations import entry, fake_integrations, topic_with
from tests.notifications.test_notification_queue import FakeSqs, all_taken, failed, taken

TOPIC = topic_with(entry("$title ✓"), entry({"jinja": "{{ title }}"}, name="desk"))


def publish(sqs: Any, source: str = "key:1", topic: Topic = TOPIC, **values: str) -> Published:
    queue = NotificationQueue(sqs, "https://q", sleep=lambda _: None)
    publisher = Publisher(fake_integrations(), queue, lambda: 1.8e9)
    return publisher.publish(topic, values or {"title": "Faust"}, source, "receipt", lambda: 12.0)


def queued(sqs: FakeSqs) -> list[tuple[Envelope, Notification]]:
    """Return the envelopes and notifications as the sender reads them."""
    envelopes = [
        Envelope.decode(
            entry["MessageBody"],
            {name: value["StringValue"] for name, value in entry["MessageAttributes"].items()},
        )
        for entry in sqs.entries
    ]
    return [(envelope, Notification.decode(envelope.body)) for envelope in envelopes]


def test_each_integration_gets_one_message() -> None:
    """The ids are by name, and the unknown variables are counted."""
    sqs = FakeSqs(all_taken)
    assert publish(sqs) == Published({"team": "m-0", "desk": "m-1"}, 0)
    assert [(notification.name, notification.message) for _, notification in queued(sqs)] == [
        ("team", "Faust ✓"),
        ("desk", "Faust"),
    ]
    assert publish(sqs, topic=topic_with(entry()), other="x").unknown_variables == 1


def test_a_message_is_an_envelope_in_the_group_of_its_topic() -> None:
    """The sender, and every tool that reads queues, knows the attributes."""
    sqs = FakeSqs(all_taken)
    publish(sqs)
    envelope, _ = queued(sqs)[0]
    assert (envelope.profile, envelope.receipt_id, envelope.received_at, envelope.content_type) == (
        *("notifications", "receipt"),
        *("2027-01-15T08:00:00.000Z", "application/json"),
    )
    assert [entry["MessageGroupId"] for entry in sqs.entries] == ["library+jobs"] * 2


def test_the_longest_name_is_a_group() -> None:
    """SQS accepts 128 characters, and two names of 63 with a plus sign are 127."""
    sqs = FakeSqs(all_taken)
    topic = TOPIC.model_copy(update={"channel": "a" * 63, "topic": "b" * 63})
    publish(sqs, topic=topic)
    assert sqs.entries[0]["MessageGroupId"] == f"{'a' * 63}+{'b' * 63}"


def test_f79_the_same_source_has_the_same_identity() -> None:
    """A repeated post is recognized by the sender, also if a part of it was queued before; another one is not."""
    sqs = FakeSqs(lambda _: taken("0", [failed("1", fault=True)]), all_taken)
    with pytest.raises(NotQueuedError):
        publish(sqs)
    publish(sqs)
    publish(sqs, "key:2")
    identities = [notification.identity for _, notification in queued(sqs)]
    assert len(set(identities[:4])) == 1
    assert len(set(identities)) == 2


def test_nothing_is_queued_if_one_text_cannot_be_made() -> None:
    """A failure of the second integration ends the publication before the queue is called."""
    sqs = FakeSqs(all_taken)
    with pytest.raises(Permanent, match="template: "):
        publish(sqs, other="x")
    assert sqs.batches == []


def test_text_that_sqs_does_not_take_arrives_unchanged() -> None:
    """Characters outside XML are encoded, as in every envelope."""
    sqs = FakeSqs(all_taken)
    publish(sqs, topic=topic_with(entry("\x00\ufffe\x1b")))
    assert queued(sqs)[0][1].message == "\x00\ufffe\x1b"
