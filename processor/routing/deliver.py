"""Compiled entries of `deliver`, which make deliveries from events."""

import json

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
from processor.errors import Permanent
from processor.routing.deliver_models import (
    DeliverEntry,
    EventBusEntry,
    FunctionEntry,
    QueueEntry,
    StateMachineEntry,
    TopicEntry,
    texts_of,
)
from processor.routing.models import Route
from processor.routing.templates import Template, TemplateContext, TemplateFailedError


class CompiledEntry:
    """One entry of one route with compiled templates, which `processor.routing.compile` must have checked."""

    def __init__(self, route: Route, number: int, entry: DeliverEntry) -> None:
        self._route = route.name
        self._number = number
        self._entry = entry
        self._templates = {place: Template(text) for place, text in texts_of(entry, route.name).items()}

    def delivery(self, names: TemplateContext, event: Event, envelope: Envelope, identity: str) -> Delivery:
        """Return the delivery for an event. Raise Permanent (template) with route and field."""
        texts = {place: self._rendered(place, names) for place in self._templates}
        name = texts[self._entry.kind]
        replay = envelope.replay or {}
        key = delivery_key(
            identity,
            route=self._route,
            target=f"{self._entry.kind}:{name}",
            entry=self._entry.name,
            replay_id=str(replay.get("id", "")) if replay.get("redeliver") else "",
        )
        match self._entry:
            case TopicEntry():
                return TopicDelivery(self._route, name, key, *topic_message(event, envelope, identity))
            case QueueEntry():
                return QueueDelivery(self._route, name, key, *topic_message(event, envelope, identity))
            case EventBusEntry():
                return EventBusDelivery(self._route, name, key, texts["source"], texts["detail_type"], _fields(event))
            case FunctionEntry():
                return FunctionDelivery(self._route, name, key, _fields(event))
            case StateMachineEntry(input=inputs):
                values = {member: texts[f"input.{member}"] for member in inputs or {}}
                text = _fields(event) if inputs is None else json.dumps(values, ensure_ascii=False)
                return StateMachineDelivery(self._route, name, key, execution_name(texts["execution_name"], key), text)

    def _rendered(self, place: str, names: TemplateContext) -> str:
        return rendered(self._templates[place], names, self._route, f"deliver[{self._number}].{place}")


def rendered(template: Template, names: TemplateContext, route: str, place: str) -> str:
    """Return the rendered text. Raise Permanent (template) with route and place."""
    try:
        return template.render(names)
    except TemplateFailedError as error:
        raise Permanent("template", str(error), route=route, field=place) from None


def _fields(event: Event) -> str:
    return json.dumps(event.fields, ensure_ascii=False)
