"""Makes the delivery of one entry of `deliver` from its rendered texts."""

import json
from collections.abc import Mapping

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
from processor.routing.deliver_models import (
    DeliverEntry,
    EventBusEntry,
    FunctionEntry,
    QueueEntry,
    StateMachineEntry,
    TopicEntry,
)


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
