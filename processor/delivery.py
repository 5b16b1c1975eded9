"""Planned deliveries, ready to be sent, and their size limits. Sends nothing."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeVar

from ingest.envelope import Envelope, Pointer, from_text
from ingest.sqs_text import attribute_value, to_text
from processor.alma.events import Event

# "Publish", Amazon SNS API Reference: 256 KiB, including attributes, unless a topic is set to more. Queues have the
# same limit here: SQS allows more, but a queue can be set to less.
MAX_MESSAGE_BYTES = 262_144

# AWS' extended client libraries recognize a pointer by this attribute: the length of the object, a number.
POINTER_ATTRIBUTE = "ExtendedPayloadSize"
_POINTER_CLASS = "software.amazon.payloadoffloading.PayloadS3Pointer"


@dataclass(frozen=True, repr=False)
class Delivery:
    """One event to one target by one route. `name` is the target's, as rendered; `key` identifies the delivery.

    `place` is where the route defines what is sent: `deliver[0].input`, or `deliver[0]` for the event itself. Only
    deliveries that can be too large have it.
    """

    kind: ClassVar[str]
    route: str
    name: str
    key: str
    place: str = field(default="", kw_only=True)

    def __repr__(self) -> str:
        """Return route and target only, because logs must not show the content."""
        return f"{type(self).__name__}({self.route!r}, {self.target!r}, …)"

    @property
    def target(self) -> str:
        """Kind and name, `topic:loan-created`."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, repr=False)
class MessageDelivery(Delivery):
    """A message: the raw body as text, or an own message, and attributes for subscription filters.

    Only a FIFO target has the two ids. `fair_group` is the group that the event had on the webhook queue, if any.
    """

    message: str
    attributes: dict[str, str]
    message_group_id: str = field(default="", kw_only=True)
    message_deduplication_id: str = field(default="", kw_only=True)
    fair_group: str = field(default="", kw_only=True)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of a call of AWS beside the message and its attributes: the ids, if the target is FIFO."""
        if not self.message_group_id:
            return {}
        return {"MessageGroupId": self.message_group_id, "MessageDeduplicationId": self.message_deduplication_id}

    @property
    def size(self) -> int:
        """Bytes that count towards the limit: the message, and each attribute's name, type and value."""
        attributes = sum(len(f"{name}String{value}".encode()) for name, value in self.attributes.items())
        return len(self.message.encode()) + attributes


@dataclass(frozen=True, repr=False)
class TopicDelivery(MessageDelivery):
    """An SNS message."""

    kind = "topic"


@dataclass(frozen=True, repr=False)
class QueueDelivery(MessageDelivery):
    """An SQS message, the same as for a topic. `delay_seconds` is None for the delay of the queue itself."""

    kind = "queue"
    delay_seconds: int | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Also the delay, if the route sets one."""
        delay = {} if self.delay_seconds is None else {"DelaySeconds": self.delay_seconds}
        return super().parameters | delay


@dataclass(frozen=True, repr=False)
class EventBusDelivery(Delivery):
    """An EventBridge event: its source, its type, and its detail as JSON text."""

    kind = "event_bus"
    source: str
    detail_type: str
    detail: str


@dataclass(frozen=True, repr=False)
class FunctionDelivery(Delivery):
    """An asynchronous invocation: its payload as JSON text."""

    kind = "function"
    payload: str


@dataclass(frozen=True, repr=False)
class StateMachineDelivery(Delivery):
    """A Step Functions execution: its name, and its input as JSON text."""

    kind = "state_machine"
    execution_name: str
    input: str


@dataclass(frozen=True, repr=False)
class NotificationDelivery(Delivery):
    """Values for a topic of notifications. `name` is `channel/topic`; `receipt_id` is that of the event."""

    kind = "notification"
    values: Mapping[str, Any]
    receipt_id: str


AnyMessage = TypeVar("AnyMessage", bound=MessageDelivery)


def offload_if_too_large(
    delivery: AnyMessage, store: Callable[[bytes], Pointer], most: int = MAX_MESSAGE_BYTES
) -> AnyMessage:
    """Return the delivery, or one with a pointer into S3 if its body or own message has more than `most` bytes.

    The pointer has the form of AWS' extended client libraries for SNS and SQS, which resolve it automatically.
    """
    if delivery.size <= most:
        return delivery
    pointer = store(from_text(delivery.message, delivery.attributes["encoding"]))
    location = {"s3BucketName": pointer.bucket, "s3Key": pointer.key}
    attributes = {**delivery.attributes, "encoding": "s3", POINTER_ATTRIBUTE: str(pointer.bytes)}
    return replace(delivery, message=json.dumps([_POINTER_CLASS, location]), attributes=attributes)


def topic_message(
    event: Event, envelope: Envelope, identity: str, own: str | None = None
) -> tuple[str, dict[str, str]]:
    """Return a message for subscribers: the body byte for byte, or an `own` text, and attributes without empty ones.

    The attribute `encoding` is `base64` if SNS cannot hold the bytes as text, else `utf-8`. The message may still be
    too large; see `offload_if_too_large`.
    """
    message, encoding = to_text(envelope.body if own is None else own.encode())
    attributes = {
        "action": event.action,
        "event": event.event_value,
        "institution": event.institution_code,
        "profile": envelope.profile,
        "receipt_id": envelope.receipt_id,
        "identity": identity,
        "event_time": event.time or "",
        "encoding": encoding,
    }
    cleaned = {name: attribute_value(value) for name, value in attributes.items()}
    return message, {name: value for name, value in cleaned.items() if value}
