"""Makes dead letters on a stack of the emulator: of real events whose target is gone, and many at once."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from ingest.envelope import Envelope
from scripts.aws.clients import Aws
from scripts.cli.signals import Interrupts
from scripts.cli.times import time_of
from scripts.local.observe import Subscriptions, subscribed
from tests.end_to_end.running import eventually
from tests.end_to_end.stack import Stack

_BATCH: Final = 10
BUSY: Final = {"class": "transient", "reason": "AWS was busy", "route": "loans", "target": "topic:loan-returned"}


@contextmanager
def repaired_topic(stack: Stack, name: str) -> Iterator[Subscriptions]:
    """Create a topic again that was deleted, with a queue subscribed to it."""
    arn = stack.facts["topics"][name]
    stack.aws.sns.create_topic(Name=arn.rpartition(":")[2])
    with subscribed(stack.aws, {name: arn}, Interrupts()) as subscriptions:
        yield subscriptions


def died(stack: Stack, topic: str, *bodies: bytes) -> list[str]:
    """Delete a topic, and post events for it that become dead letters; return their receipt ids."""
    stack.aws.sns.delete_topic(TopicArn=stack.facts["topics"][topic])
    receipt_ids = [stack.accepted(body) for body in bodies]
    assert {stack.outcome(receipt_id)["outcome"] for receipt_id in receipt_ids} <= {"dead"}
    for receipt_id in receipt_ids:
        del stack.log.outcomes[receipt_id]  # the next one is that of the replay
    return receipt_ids


def put(stack: Stack, bodies: Mapping[str, bytes], **cause: Any) -> None:
    """Put dead letters with these receipt ids and this cause on the queue of a stack."""
    put_on(stack.aws, stack.facts["dead_letter_queue_url"], bodies, **cause)


def put_on(aws: Aws, queue_url: str, bodies: Mapping[str, bytes], **cause: Any) -> None:
    """Put dead letters with these receipt ids and this cause on a queue."""
    entries: list[Any] = []
    now = time_of(datetime.now(UTC))
    for receipt_id, body in bodies.items():
        envelope = Envelope(body, receipt_id, now, "alma", failure={**BUSY, "at": now, **cause})
        message = envelope.encode()
        attributes = {name: {"DataType": "String", "StringValue": text} for name, text in message.attributes.items()}
        entries.append({"MessageBody": message.body, "MessageAttributes": attributes, "Id": receipt_id})
    for begin in range(0, len(entries), _BATCH):
        aws.sqs.send_message_batch(QueueUrl=queue_url, Entries=entries[begin : begin + _BATCH])


def loan(event: str, **members: Any) -> bytes:
    """Return the body of an invented loan event that is no duplicate of another one."""
    return json.dumps({"action": "LOAN", "event": {"value": event}, "id": secrets.token_hex(8), **members}).encode()


def no_dead_letters(stack: Stack) -> None:
    """Remove every dead letter."""
    queue = stack.facts["dead_letter_queue_url"]
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    stack.aws.sqs.purge_queue(QueueUrl=queue)

    def is_empty() -> bool:
        found = stack.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return not any(int(count) for count in found.values())

    eventually(is_empty)
