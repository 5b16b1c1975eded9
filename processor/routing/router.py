"""Routing: decides which routes match an event, and plans their deliveries. Sends nothing, reads no file."""

from dataclasses import dataclass, field

from ingest.envelope import HEARTBEAT_PROFILE, Envelope
from processor.alma.events import Event
from processor.alma.identity import identity_of
from processor.delivery import Delivery
from processor.errors import Permanent
from processor.routing.compiled_routes import CompiledRoute, CompiledRoutes

_NOT_FOR_ROUTES = f"the profile {HEARTBEAT_PROFILE} uses its built-in route only"


@dataclass(frozen=True)
class Decision:
    """Whether a route fires for an event; `reason` says why not, and is empty if it fires."""

    route: str
    fires: bool
    reason: str = ""


@dataclass(frozen=True)
class RoutingPlan:
    """The decisions and deliveries for one event. An event without deliveries is ignored."""

    identity: str
    decisions: list[Decision] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


class Router:
    """The compiled routes as one stage uses them."""

    def __init__(self, routes: CompiledRoutes, stage: str) -> None:
        self._stage = stage
        self._variables = routes.file.routes.stages[stage]  # type: ignore[index]  # the stage is checked where it is read
        self._heartbeat = routes.heartbeat
        self._routes = [compiled for compiled in routes.routes if not compiled.route.fallback]
        self._fallbacks = [compiled for compiled in routes.routes if compiled.route.fallback]

    def plan(self, event: Event, envelope: Envelope) -> RoutingPlan:
        """Plan all deliveries of an event. Raise Permanent (template) with route and field."""
        plan = RoutingPlan(identity_of(event, envelope))
        self.fill(plan, event, envelope)
        return plan

    def fill(self, plan: RoutingPlan, event: Event, envelope: Envelope) -> None:
        """Add decisions and deliveries to `plan`. After Permanent was raised, it has those made before."""
        if envelope.profile == HEARTBEAT_PROFILE:
            self._fire(self._heartbeat, plan, event, envelope)
            others = [*self._routes, *self._fallbacks]
            plan.decisions.extend(Decision(each.route.name, fires=False, reason=_NOT_FOR_ROUTES) for each in others)
            return
        fired = [self._fire(compiled, plan, event, envelope) for compiled in self._routes]
        for fallback in self._fallbacks:
            if any(fired):
                reason = "another route matched, so this fallback does not fire"
                plan.decisions.append(Decision(fallback.route.name, fires=False, reason=reason))
            else:
                self._fire(fallback, plan, event, envelope)
        _check_keys_differ(plan.deliveries)

    def _fire(self, compiled: CompiledRoute, plan: RoutingPlan, event: Event, envelope: Envelope) -> bool:
        pattern = compiled.patterns.get(self._stage)
        mismatch = pattern.mismatch(event.fields) if pattern else None
        reason = f"when: {mismatch}" if mismatch else ""
        if not reason:
            names = compiled.names(event.fields, self._variables)
            reason = compiled.condition_fails(names)
        if not reason:
            plan.deliveries.extend(compiled.deliveries(names, event, envelope, plan.identity))
        plan.decisions.append(Decision(compiled.route.name, fires=not reason, reason=reason))
        return not reason


def _check_keys_differ(deliveries: list[Delivery]) -> None:
    seen: set[str] = set()
    for delivery in deliveries:
        if delivery.key in seen:
            reason = "two entries of deliver have the same target; give each its own name"
            raise Permanent("template", reason, route=delivery.route, target=delivery.target, field="deliver")
        seen.add(delivery.key)
