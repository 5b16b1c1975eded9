"""The deliveries that entries of `deliver` make of an event, from their rendered texts."""

import json
from collections.abc import Mapping

from ingest.envelope import Envelope
from processor.alma.events import Event
from processor.alma.identity import delivery_key, execution_name
from processor.delivery import (
    Delivery,
    EventBusDelivery,
    FunctionDelivery,
    NotificationDelivery,
    QueueDelivery,
    StateMachineDelivery,
    TopicDelivery,
    topic_message,
)
from processor.routing.deliver import (
    DeliverEntry,
    EventBusEntry,
    FunctionEntry,
    NotificationEntry,
    QueueEntry,
    StateMachineEntry,
    TopicEntry,
)
from processor.routing.rendered_bodies import own_body


def delivery_of(
    entry: DeliverEntry,
    texts: Mapping[str, str],
    route: str,
    event: Event,
    envelope: Envelope,
    identity: str,
    let: Mapping[str, str],
) -> Delivery:
    """Return the delivery of an event by an entry, whose `texts` (by place) are rendered. Raise InvalidBodyError."""
    name = texts[entry.kind]
    target, again = f"{entry.kind}:{name}", _redelivering(envelope)
    key = delivery_key(identity, route=route, target=target, entry=entry.name, replay_id=again)
    if isinstance(entry, NotificationEntry):
        values = {**event.fields, "profile": envelope.profile, **let}
        return NotificationDelivery(route, name, key, values, envelope.receipt_id)
    own = own_body(entry, texts)
    match entry:
        case TopicEntry():
            return TopicDelivery(route, name, key, *topic_message(event, envelope, identity, own))
        case QueueEntry():
            return QueueDelivery(route, name, key, *topic_message(event, envelope, identity, own), entry.delay_seconds)
    body = _fields(event) if own is None else own
    match entry:
        case EventBusEntry():
            return EventBusDelivery(route, name, key, texts["source"], texts["detail_type"], body)
        case FunctionEntry():
            return FunctionDelivery(route, name, key, body)
        case StateMachineEntry():
            return StateMachineDelivery(route, name, key, execution_name(texts["execution_name"], key), body)


def _redelivering(envelope: Envelope) -> str:
    """Return the id of a replay that delivers again, or an empty text."""
    replay = envelope.replay or {}
    return str(replay.get("id", "")) if replay.get("redeliver") else ""


def _fields(event: Event) -> str:
    return json.dumps(event.fields, ensure_ascii=False)
