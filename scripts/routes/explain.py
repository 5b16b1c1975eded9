"""Explain what the routes would do with an event. Sends nothing."""

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from ingest.envelope import Envelope, pointer_to, rfc3339
from processor import heartbeat, notification_name
from processor.alma.events import Event, parse
from processor.delivery import (
    Delivery,
    MessageDelivery,
    NotificationDelivery,
    TopicDelivery,
    offload_if_too_large,
)
from processor.errors import Permanent
from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.router import Router, RoutingPlan
from processor.size_limits import check_fits
from scripts.routes.topic_limit import USUAL, TopicLimit

TargetNames = Mapping[str, Collection[str]]

# What all deliveries have is shown otherwise.
_OF_ALL: Final = frozenset(field.name for field in fields(Delivery))
JSON_MEMBERS: Final = frozenset({"input", "detail", "payload"})
"""The members of a delivery that are JSON text."""


@dataclass(frozen=True)
class Explanation:
    """An event with its delivery plan, and its failures by route. With a failure it would become a dead letter.

    The other deliveries are made all the same.
    """

    event: Event | None
    plan: RoutingPlan | None
    failures: tuple[Permanent, ...] = ()
    envelope: Envelope | None = None
    topic_limit: TopicLimit = USUAL

    @property
    def failure(self) -> Permanent | None:
        """The first failure, which would be the cause of the dead letter."""
        return self.failures[0] if self.failures else None

    @property
    def wrong_targets(self) -> dict[tuple[str, str], Permanent]:
        """The failures of planned deliveries, by route and target. The routes have the other failures."""
        of_routes = self.plan.failures if self.plan else ()
        return {(one.route, one.target): one for one in self.failures if one not in of_routes}

    @property
    def deliveries(self) -> list[Delivery]:
        """The deliveries that would be made."""
        wrong = self.wrong_targets
        return [one for one in self.plan.deliveries if (one.route, one.target) not in wrong] if self.plan else []

    @property
    def outcome(self) -> str:
        """What would become of the event: `dead`, `delivered` or `ignored`."""
        return "dead" if self.failures else "delivered" if self.deliveries else "ignored"


def received_now(body: bytes, profile: str) -> Envelope:
    """Return the envelope of a body as if it were received now."""
    return Envelope(body, "a-new-receipt-id", rfc3339(time.time()), profile)


def explain(
    envelope: Envelope,
    routes: CompiledRoutes,
    targets: TargetNames,
    *,
    stage: str,
    topic_limit: TopicLimit = USUAL,
) -> Explanation:
    """Explain an envelope: parse it, plan its deliveries and check that the targets exist.

    `targets` are the target names of the stack by kind.
    """
    try:
        event = parse(envelope.body)
    except Permanent as failure:
        return Explanation(None, None, (failure,))
    plan = Router(routes, stage).plan(event, envelope)
    found = (step if isinstance(step, Permanent) else _wrong_target(step, targets) for step in plan.steps)
    return Explanation(event, plan, tuple(filter(None, found)), envelope, topic_limit)


def _wrong_target(delivery: Delivery, targets: TargetNames) -> Permanent | None:
    """Return the failure of a delivery to a target that the stack does not have, or with too large an input."""
    if reason := _missing(delivery, targets):
        return Permanent("no-target", reason, route=delivery.route, target=delivery.target)
    try:
        check_fits(delivery)
    except Permanent as failure:
        return failure
    return None


def _missing(delivery: Delivery, targets: TargetNames) -> str:
    """Return why the stack does not have the target, or empty text. Topics of notifications may not be known."""
    name, kind = delivery.name, delivery.kind
    if isinstance(delivery, NotificationDelivery):
        if notification_name.key_of(name) is None:
            return f"the target {notification_name.FORM}"
        return "" if kind not in targets or name in targets[kind] else notification_name.NOT_THERE
    if not name.startswith("arn:") and name not in targets[kind]:
        return f"the stack has no {kind.replace('_', ' ')} {name}"
    is_heartbeat = delivery.target == f"{TopicDelivery.kind}:{heartbeat.TOPIC}"
    return heartbeat.TOPIC_RESERVED if is_heartbeat and delivery.route != heartbeat.ROUTE.name else ""


def as_data(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as JSON data."""
    event, plan = explanation.event, explanation.plan
    return {
        "action": event.action if event else None,
        "event": event.event_value if event else None,
        "identity": plan.identity if plan else None,
        "routes": [vars(decision) for decision in plan.decisions] if plan else [],
        "deliveries": [_delivery_data(each, explanation.topic_limit) for each in explanation.deliveries],
        "failure": explanation.failure.members if explanation.failure else None,
        "other_failures": [failure.members for failure in explanation.failures[1:]],
    }


def _delivery_data(delivery: Delivery, topic_limit: TopicLimit) -> dict[str, Any]:
    """Return what the target would get: the members of the delivery without unset ones, with JSON text parsed."""
    if isinstance(delivery, MessageDelivery):
        most = topic_limit.of(delivery)
        delivery = offload_if_too_large(delivery, lambda body: pointer_to(body, "the-overflow-bucket"), most)
    given = ((each, getattr(delivery, each.name)) for each in fields(delivery) if each.name not in _OF_ALL)
    content = {each.name: value for each, value in given if value != each.default}
    parsed = {name: json.loads(value) if name in JSON_MEMBERS else value for name, value in content.items()}
    return {"route": delivery.route, "target": delivery.target, **parsed}
