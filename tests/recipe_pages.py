"""Reads the recipes of a page, and plans what they do with an event in JSON or in XML."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from processor.alma.events import parse
from processor.delivery import (
    Delivery,
    EventBusDelivery,
    FunctionDelivery,
    MessageDelivery,
    QueueDelivery,
    StateMachineDelivery,
)
from processor.routing.compile import compile_routes
from processor.routing.router import Router, RoutingPlan
from tests.samples import STAGES, body_of, envelope_of
from tests.xml_twin import xml_twin

DOCS: Final = Path(__file__).parents[1] / "docs"
ABSENT: Final = object()

_PAYLOADS: Final = ("job_instance", "item_loan", "user_request", "webhook_user", "bib", "item")


def recipes(page: str) -> list[str]:
    """Return the routes of each recipe, in order of the page."""
    return re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)


def names_in(recipe: str) -> list[str]:
    """Return the names of the routes of a recipe."""
    return re.findall(r"^  - name: (\S+)$", recipe, re.MULTILINE)


def plan(routes: str, body: bytes, profile: str = "alma") -> RoutingPlan:
    """Return the plan of the routes alone for an event that comes by an Alma profile."""
    return plan_of_file(f"{STAGES}routes:\n{routes}", body, profile)


def plan_of_file(text: str, body: bytes, profile: str = "alma") -> RoutingPlan:
    """Return the plan of a whole routes file."""
    return _router(text).plan(parse(body), envelope_of(body, profile))


def changed(sample: str, *, outside: dict[str, Any] | None = None, **members: Any) -> bytes:
    """Return a sample with other members of its payload, or `outside` of it; ABSENT removes a member."""
    event = json.loads(body_of(sample)) | (outside or {})
    for payload in _PAYLOADS:
        if isinstance(event.get(payload), dict):
            event[payload] = _present(event[payload] | members)
    return json.dumps(_present(event)).encode()


def in_xml(body: bytes) -> bytes:
    """Return the same event in XML."""
    return xml_twin(json.loads(body))


def shown(planned: RoutingPlan) -> dict[str, Any]:
    """Return what is delivered, by kind and last word of the ARN, and failures by route with the field.

    A state machine and a function have their input, an event bus its detail and `detail_type`, a topic and a queue
    their `message`, with a `group` if they are FIFO and the `delay` in seconds if there is one. JSON objects are read.
    """
    delivered = {_short(delivery): _content(delivery) for delivery in planned.deliveries}
    assert len(delivered) == len(planned.deliveries), "one target gets the event twice"
    return delivered | {f"failed:{failure.route}": failure.field for failure in planned.failures}


@cache
def _router(text: str) -> Router:
    return Router(compile_routes(text), "dev")


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ABSENT}


def _short(delivery: Delivery) -> str:
    return f"{delivery.kind}:{re.split('[:/]', delivery.name)[-1]}"


def _content(delivery: Delivery) -> Any:
    match delivery:
        case StateMachineDelivery():
            return json.loads(delivery.input)
        case FunctionDelivery():
            return json.loads(delivery.payload)
        case EventBusDelivery():
            return {"detail_type": delivery.detail_type, **json.loads(delivery.detail)}
        case MessageDelivery(message=text):
            message = {"message": json.loads(text) if text.startswith("{") else text}
            delay = delivery.delay_seconds if isinstance(delivery, QueueDelivery) else None
            more = {"group": delivery.message_group_id or None, "delay": delay}
            return message | {name: value for name, value in more.items() if value is not None}
    raise AssertionError(delivery.kind)
