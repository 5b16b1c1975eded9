"""Deliveries as planned: what goes to which target, ready to be sent. Sends nothing."""

from dataclasses import dataclass
from typing import ClassVar

from ingest.envelope import Envelope, attribute_value, to_text
from processor.events import Event


@dataclass(frozen=True, repr=False)
class Delivery:
    """One event at one target by one route. `name` is the target's, as rendered; `key` names the delivery for ever."""

    kind: ClassVar[str]
    route: str
    name: str
    key: str

    def __repr__(self) -> str:
        """Route and target only: nothing that logs a value may log what is delivered."""
        return f"{type(self).__name__}({self.route!r}, {self.target!r}, …)"

    @property
    def target(self) -> str:
        """Kind and name, `topic:loan-created`."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, repr=False)
class TopicDelivery(Delivery):
    """An SNS message: the raw body, and attributes that subscribers filter by."""

    kind = "topic"
    message: str
    attributes: dict[str, str]


@dataclass(frozen=True, repr=False)
class QueueDelivery(Delivery):
    """An SQS message: what a topic would publish."""

    kind = "queue"
    message: str
    attributes: dict[str, str]


@dataclass(frozen=True, repr=False)
class EventBusDelivery(Delivery):
    """An EventBridge event: its source, its type, and the event's fields as JSON text."""

    kind = "event_bus"
    source: str
    detail_type: str
    detail: str


@dataclass(frozen=True, repr=False)
class FunctionDelivery(Delivery):
    """An asynchronous invocation: the event's fields as JSON text."""

    kind = "function"
    payload: str


@dataclass(frozen=True, repr=False)
class StateMachineDelivery(Delivery):
    """A Step Functions execution: its name, and its input as JSON text."""

    kind = "state_machine"
    execution_name: str
    input: str


def topic_message(event: Event, envelope: Envelope, identity: str) -> tuple[str, dict[str, str]]:
    """What subscribers of a topic get: the body byte for byte, and its attributes (empty ones left out).

    `encoding` is `base64` where SNS could not hold the body's bytes as text, else `utf-8`.
    """
    message, encoding = to_text(envelope.body)
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
