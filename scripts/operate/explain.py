"""Explains one event by today's code and routes: what would go where, and why not elsewhere. Sends nothing."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.envelope import Envelope
from processor.delivery import Delivery, StateMachineDelivery, TopicDelivery
from processor.errors import Permanent
from processor.events import Event, parse
from processor.routes import Routes
from processor.routing import Plan, Router
from scripts.errors import ConfigurationError


@dataclass(frozen=True)
class Explanation:
    """An event with the plan that its routes make; `failure` instead of a plan when it would be a dead letter."""

    event: Event | None
    plan: Plan | None
    failure: Permanent | None


def explain_file(path: Path, routes: Routes, *, stage: str, profile: str) -> Explanation:
    """Explains the body in a file, as if it had come just now. Raises ConfigurationError if it cannot be read."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return explain(Envelope(body, "a-new-receipt-id", now, profile), routes, stage=stage)


def explain(envelope: Envelope, routes: Routes, *, stage: str) -> Explanation:
    """Explains an envelope: parses and plans, and stops there."""
    event = None
    try:
        event = parse(envelope.body)
        return Explanation(event, Router(routes, stage).plan(event, envelope), None)
    except Permanent as failure:
        return Explanation(event, None, failure)


def as_data(explanation: Explanation) -> dict[str, Any]:
    """The explanation as plain data, for programs."""
    event, plan, failure = explanation.event, explanation.plan, explanation.failure
    return {
        "action": event.action if event else None,
        "event": event.event_value if event else None,
        "identity": plan.identity if plan else None,
        "routes": [vars(decision) for decision in plan.decisions] if plan else [],
        "deliveries": [_delivery_data(delivery) for delivery in plan.deliveries] if plan else [],
        "failure": _failure_data(failure) if failure else None,
    }


def _failure_data(failure: Permanent) -> dict[str, str]:
    return {"class": failure.category, "reason": failure.reason, "route": failure.route, "field": failure.field}


def _delivery_data(delivery: Delivery) -> dict[str, Any]:
    data: dict[str, Any] = {"route": delivery.route, "target": delivery.target}
    match delivery:
        case TopicDelivery():
            return data | {"message": delivery.message, "attributes": delivery.attributes}
        case StateMachineDelivery():
            return data | {"execution_name": delivery.execution_name, "input": json.loads(delivery.input)}
        case _:
            raise TypeError(f"no form for a delivery to {delivery.kind}")
