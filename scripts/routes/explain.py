"""Explain what the routes would do with an event. Sends nothing."""

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.envelope import Envelope, pointer_to, rfc3339
from processor import heartbeat
from processor.alma.events import Event, parse
from processor.alma.identity import identity_of
from processor.delivery import (
    Delivery,
    EventBusDelivery,
    FunctionDelivery,
    QueueDelivery,
    StateMachineDelivery,
    TopicDelivery,
    check_input_fits,
    offload_if_too_large,
)
from processor.errors import Permanent
from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.router import Router, RoutingPlan

TargetNames = Mapping[str, Collection[str]]


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
    data: dict[str, Any] = {"route": delivery.route, "target": delivery.target}
    match delivery:
        case TopicDelivery() | QueueDelivery():
            fits = offload_if_too_large(delivery, lambda body: pointer_to(body, "the-overflow-bucket"))
            return data | {"message": fits.message, "attributes": fits.attributes}
        case StateMachineDelivery():
            return data | {"execution_name": delivery.execution_name, "input": json.loads(delivery.input)}
        case EventBusDelivery():
            typed = {"source": delivery.source, "detail_type": delivery.detail_type}
            return data | typed | {"detail": json.loads(delivery.detail)}
        case FunctionDelivery():
            return data | {"payload": json.loads(delivery.payload)}
        case _:
            raise TypeError(f"unknown kind of delivery: {delivery.kind}")
