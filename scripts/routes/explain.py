"""Explain what the routes would do with an event. Sends nothing."""

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from ingest.envelope import Envelope, pointer_to, rfc3339
from processor import heartbeat
from processor.alma.events import Event, parse
from processor.alma.identity import identity_of
from processor.delivery import (
    Delivery,
    MessageDelivery,
    StateMachineDelivery,
    TopicDelivery,
    check_input_fits,
    offload_if_too_large,
)
from processor.errors import Permanent
from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.router import Router, RoutingPlan

TargetNames = Mapping[str, Collection[str]]

_OF_ALL: Final = frozenset(field.name for field in fields(Delivery))
_JSON: Final = frozenset({"input", "detail", "payload"})


@dataclass(frozen=True)
class Explanation:
    """An event with its delivery plan. `failure` is set if the event would become a dead letter."""

    event: Event | None
    plan: RoutingPlan | None
    failure: Permanent | None


def explain_body(body: bytes, routes: CompiledRoutes, targets: TargetNames, *, stage: str, profile: str) -> Explanation:
    """Explain a body as if it were received now. `targets` are the target names of the stack by kind."""
    return explain(Envelope(body, "a-new-receipt-id", rfc3339(time.time()), profile), routes, targets, stage=stage)


def explain(envelope: Envelope, routes: CompiledRoutes, targets: TargetNames, *, stage: str) -> Explanation:
    """Explain an envelope: parse it, plan its deliveries and check that the targets exist."""
    event = plan = None
    try:
        event = parse(envelope.body)
        plan = RoutingPlan(identity_of(event, envelope))
        Router(routes, stage).fill(plan, event, envelope)
        for delivery in plan.deliveries:
            _check_target(delivery, targets)
    except Permanent as failure:
        return Explanation(event, plan, failure)
    return Explanation(event, plan, None)


def _check_target(delivery: Delivery, targets: TargetNames) -> None:
    if not delivery.name.startswith("arn:") and delivery.name not in targets[delivery.kind]:
        reason = f"the stack has no {delivery.kind.replace('_', ' ')} {delivery.name}"
        raise Permanent("no-target", reason, route=delivery.route, target=delivery.target)
    if delivery.target == f"{TopicDelivery.kind}:{heartbeat.TOPIC}" and delivery.route != heartbeat.ROUTE.name:
        raise Permanent("no-target", heartbeat.TOPIC_RESERVED, route=delivery.route, target=delivery.target)
    if isinstance(delivery, StateMachineDelivery):
        check_input_fits(delivery)


def as_data(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as JSON data."""
    event, plan, failure = explanation.event, explanation.plan, explanation.failure
    return {
        "action": event.action if event else None,
        "event": event.event_value if event else None,
        "identity": plan.identity if plan else None,
        "routes": [vars(decision) for decision in plan.decisions] if plan else [],
        "deliveries": [_delivery_data(delivery) for delivery in plan.deliveries] if plan and not failure else [],
        "failure": failure.members if failure else None,
    }


def _delivery_data(delivery: Delivery) -> dict[str, Any]:
    """Return what the target would get: every member of the delivery, with JSON text parsed."""
    if isinstance(delivery, MessageDelivery):
        delivery = offload_if_too_large(delivery, lambda body: pointer_to(body, "the-overflow-bucket"))
    content = {name: value for name, value in vars(delivery).items() if name not in _OF_ALL}
    parsed = {name: json.loads(value) if name in _JSON else value for name, value in content.items()}
    return {"route": delivery.route, "target": delivery.target, **parsed}
