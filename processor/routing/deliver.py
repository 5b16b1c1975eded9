"""Entries of `deliver` in routes.yaml, one model for each kind of target, and the deliveries that they make."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Discriminator, StrictStr, Tag

from ingest.envelope import Envelope
from processor.alma.events import Event
from processor.alma.identity import delivery_key, execution_name
from processor.delivery import (
    Delivery,
    EventBusDelivery,
    FunctionDelivery,
    QueueDelivery,
    StateMachineDelivery,
    TopicDelivery,
    topic_message,
)


class Strict(BaseModel):
    """A part of routes.yaml. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _BaseEntry(Strict):
    """The base of all entries. `kind` is the kind of target, and the key that names the target."""

    kind: ClassVar[str]
    name: StrictStr = ""

    @property
    def target(self) -> str:
        """The template for the name or ARN of the target."""
        return str(getattr(self, self.kind))


class TopicEntry(_BaseEntry):
    """Publish the body to an SNS topic: a name of the stack's, or an ARN. `name` distinguishes two such entries."""

    kind: ClassVar = "topic"
    topic: StrictStr


class StateMachineEntry(_BaseEntry):
    """Start a Step Functions execution: a name of the stack's state machines, or an ARN.

    `input` is an object of text templates (default: the event's fields), `execution_name` the readable beginning of the
    execution's name (default: the route's name).
    """

    kind: ClassVar = "state_machine"
    state_machine: StrictStr
    execution_name: StrictStr = ""
    input: dict[str, StrictStr] | None = None


class QueueEntry(_BaseEntry):
    """Send the body to an SQS queue, by its ARN."""

    kind: ClassVar = "queue"
    queue: StrictStr


class EventBusEntry(_BaseEntry):
    """Put the event's fields on an EventBridge event bus, by its ARN. `source` and `detail_type` are text templates."""

    kind: ClassVar = "event_bus"
    event_bus: StrictStr
    source: StrictStr = "alma-webhooks"
    detail_type: StrictStr = "{{ (event | default({})).value | default(action) }}"


class FunctionEntry(_BaseEntry):
    """Invoke a Lambda function asynchronously with the event's fields, by its ARN."""

    kind: ClassVar = "function"
    function: StrictStr


_KINDS = ("topic", "state_machine", "queue", "event_bus", "function")


def _tag_of(entry: Any) -> str | None:
    kinds = [kind for kind in _KINDS if isinstance(entry, dict) and kind in entry]
    # Not the kind alone: pydantic puts the tag into the path of an error, and it must not look like a key of the file.
    return f"{kinds[0]} entry" if len(kinds) == 1 else None


DeliverEntry = Annotated[
    Annotated[TopicEntry, Tag("topic entry")]
    | Annotated[StateMachineEntry, Tag("state_machine entry")]
    | Annotated[QueueEntry, Tag("queue entry")]
    | Annotated[EventBusEntry, Tag("event_bus entry")]
    | Annotated[FunctionEntry, Tag("function entry")],
    Discriminator(
        _tag_of,
        custom_error_type="no_target",
        custom_error_message=f"an entry of deliver needs exactly one target: {', '.join(_KINDS[:-1])} or {_KINDS[-1]}",
    ),
]


def texts_of(entry: DeliverEntry, route: str) -> dict[str, str]:
    """Return the templates of an entry by their place in it (`topic`, `input.date`); `route` is the route's name."""
    texts = {entry.kind: entry.target}
    match entry:
        case StateMachineEntry():
            inputs = {f"input.{name}": text for name, text in (entry.input or {}).items()}
            return texts | {"execution_name": entry.execution_name or route} | inputs
        case EventBusEntry():
            return texts | {"source": entry.source, "detail_type": entry.detail_type}
        case _:
            return texts


def delivery_of(
    entry: DeliverEntry, texts: Mapping[str, str], route: str, event: Event, envelope: Envelope, identity: str
) -> Delivery:
    """Return the delivery of an event by an entry of a route. `texts` are rendered, by their place in the entry."""
    name = texts[entry.kind]
    replay = envelope.replay or {}
    key = delivery_key(
        identity,
        route=route,
        target=f"{entry.kind}:{name}",
        entry=entry.name,
        replay_id=str(replay.get("id", "")) if replay.get("redeliver") else "",
    )
    match entry:
        case TopicEntry():
            return TopicDelivery(route, name, key, *topic_message(event, envelope, identity))
        case QueueEntry():
            return QueueDelivery(route, name, key, *topic_message(event, envelope, identity))
        case EventBusEntry():
            return EventBusDelivery(route, name, key, texts["source"], texts["detail_type"], _fields(event))
        case FunctionEntry():
            return FunctionDelivery(route, name, key, _fields(event))
        case StateMachineEntry(input=inputs):
            values = {member: texts[f"input.{member}"] for member in inputs or {}}
            text = _fields(event) if inputs is None else json.dumps(values, ensure_ascii=False)
            return StateMachineDelivery(route, name, key, execution_name(texts["execution_name"], key), text)


def _fields(event: Event) -> str:
    return json.dumps(event.fields, ensure_ascii=False)
