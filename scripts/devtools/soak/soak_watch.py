"""Watch the pipeline from outside: arrivals at subscribers, dead letters, executions, queue depths.

Also replays dead letters, as an operator would.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ingest.envelope import Envelope, Pointer
from ingest.fair_group import replay_group
from ingest.sqs_text import encode_attributes, typed
from processor.delivery import POINTER_ATTRIBUTE
from scripts.devtools.soak.soak_verdict import Arrival, digest_of
from scripts.local.observe import Sighting, Subscriptions
from scripts.local.pipeline import Pipeline

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_COUNTS: Final = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class Watcher:
    """Receives the messages of subscribers."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions
        self.arrivals: list[Arrival] = []
        self.last_at = time.monotonic()

    def work(self, ended: threading.Event) -> None:
        """Receive until `ended` is set."""
        while not ended.is_set():
            if self._subscriptions.receive(1):
                self.last_at = time.monotonic()
            self.arrivals += map(_arrival, self._subscriptions.sightings)
            self._subscriptions.sightings.clear()  # keeps digests only, to bound the memory

    def waiting(self) -> int:
        """Return the number of messages that subscribers have not received yet."""
        return self._subscriptions.waiting()


class Operator:
    """Records dead letters for which `must_die` (by digest) is true, and replays the others."""

    def __init__(self, running: Pipeline, must_die: Callable[[str], bool]) -> None:
        self._sqs = running.aws.sqs
        self._s3 = running.aws.s3
        self._queue = running.stack.outputs["QueueUrl"]
        self._dead_letters = running.stack.outputs["DeadLetterQueueUrl"]
        self._must_die = must_die
        self.dead: set[str] = set()
        self.replayed_at: list[float] = []
        self.without_cause = 0

    def round(self) -> int:
        """Process up to ten dead letters; return their number."""
        answer = self._sqs.receive_message(
            QueueUrl=self._dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=60
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self._look(message)
        return len(messages)

    def queued(self) -> int:
        """Return the approximate number of messages, also in flight, on the webhook and dead-letter queues."""
        return sum(self._count(url) for url in (self._queue, self._dead_letters))

    def _look(self, message: "MessageTypeDef") -> None:
        values = {name: each.get("StringValue", "") for name, each in message.get("MessageAttributes", {}).items()}
        digest = digest_of(Envelope.decode(message["Body"], values, self._stored).body)
        self.without_cause += "failure" not in values
        if self._must_die(digest):
            self.dead.add(digest)
        else:
            kept: Any = typed(encode_attributes(values, failure={}))
            group = replay_group(values.get("profile", ""))
            self._sqs.send_message(
                QueueUrl=self._queue, MessageBody=message["Body"], MessageAttributes=kept, MessageGroupId=group
            )
            self.replayed_at.append(time.time())
        self._sqs.delete_message(QueueUrl=self._dead_letters, ReceiptHandle=message["ReceiptHandle"])

    def _stored(self, pointer: Pointer) -> bytes:
        return self._s3.get_object(Bucket=pointer.bucket, Key=pointer.key)["Body"].read()

    def _count(self, url: str) -> int:
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))["Attributes"]
        return sum(int(count) for count in attributes.values())


def executions(running: Pipeline) -> list[str]:
    """Return the names of all executions of all state machines."""
    pages = running.aws.states.get_paginator("list_executions")
    return [
        execution["name"]
        for arn in running.stack.state_machines.values()
        for page in pages.paginate(stateMachineArn=arn)
        for execution in page["executions"]
    ]


def _arrival(seen: Sighting) -> Arrival:
    """Return the arrival of a message; the key of an offloaded body ends in its digest."""
    is_pointer = POINTER_ATTRIBUTE in seen.attributes
    digest = json.loads(seen.body)[1]["s3Key"].rpartition("/")[2] if is_pointer else digest_of(seen.body)
    return Arrival(digest, seen.topic, seen.published, seen.message_id)
