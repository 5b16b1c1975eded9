"""Routing: decides which routes match an event, and plans their deliveries. Sends nothing, reads no file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ingest.envelope import HEARTBEAT_PROFILE, Envelope
from processor.alma.events import Event
from processor.alma.identity import identity_of
from processor.delivery import Delivery
from processor.errors import Permanent
from processor.routing.compiled_routes import CompiledRoute, CompiledRoutes, request_names

_NO_FALLBACK = "another route matched or failed, so this fallback does not fire"
_NOT_FOR_ROUTES = f"the profile {HEARTBEAT_PROFILE} uses its built-in route only"


@dataclass(frozen=True)
class Decision:
    """Whether a route fires for an event; `reason` says why not, and is empty if it fires."""

    route: str
    fires: bool
    reason: str = ""


@dataclass(frozen=True)
class RoutingPlan:
    """The decisions for one event, and its deliveries by route, with a failure in place of each that cannot be made.

    An event without either is ignored.
    """

    identity: str
    decisions: list[Decision] = field(default_factory=list)
    steps: list[Delivery | Permanent] = field(default_factory=list)

    @property
    def deliveries(self) -> list[Delivery]:
        """The deliveries that can be made."""
        return [step for step in self.steps if not isinstance(step, Permanent)]

    @property
    def failures(self) -> list[Permanent]:
        """The failures of routes, of the class `template`."""
        return [step for step in self.steps if isinstance(step, Permanent)]


class Router:
    """The compiled routes as one stage uses them."""

    def __init__(self, routes: CompiledRoutes, stage: str) -> None:
        self._stage = stage
        self._variables = routes.file.routes.stages[stage]  # type: ignore[index]  # the stage is checked where it is read
        self._heartbeat = routes.heartbeat
        self._routes = [compiled for compiled in routes.routes if not compiled.route.fallback]
        self._fallbacks = [compiled for compiled in routes.routes if compiled.route.fallback]

    def plan(self, event: Event, envelope: Envelope) -> RoutingPlan:
        """Plan all deliveries of an event. Each route is evaluated by itself: the failure of one affects no other."""
        plan = RoutingPlan(identity_of(event, envelope))
        routed = _Routed(event, event.fields, envelope)
        if envelope.profile == HEARTBEAT_PROFILE:
            self._fire(self._heartbeat, plan, routed)
            others = [*self._routes, *self._fallbacks]
            plan.decisions.extend(Decision(each.route.name, fires=False, reason=_NOT_FOR_ROUTES) for each in others)
            return plan
        fired = [self._fire(compiled, plan, routed) for compiled in self._routes]
        for fallback in self._fallbacks:
            if any(fired):
                plan.decisions.append(Decision(fallback.route.name, fires=False, reason=_NO_FALLBACK))
            else:
                self._fire(fallback, plan, routed)
        _reject_same_keys(plan.steps)
        return plan

    def _fire(self, compiled: CompiledRoute, plan: RoutingPlan, routed: "_Routed") -> bool:
        """Evaluate a route. Return whether it matches; also if its condition failed, so that this is not known."""
        event, fields, envelope = routed
        reason = compiled.profile_mismatch(envelope.profile) or self._mismatch(compiled, fields)
        is_match = not reason
        if not reason:
            names = compiled.names(fields, request_names(envelope), self._variables)
            try:
                reason = compiled.condition_fails(names)
                is_match = not reason
            except Permanent as failure:
                reason = f"{failure.field}: {failure.reason}"
                plan.steps.append(failure)
        if not reason:
            plan.steps.extend(compiled.deliveries(names, event, envelope, plan.identity))
        plan.decisions.append(Decision(compiled.route.name, fires=not reason, reason=reason))
        return is_match

    def _mismatch(self, compiled: CompiledRoute, fields: Mapping[str, Any]) -> str:
        pattern = compiled.patterns.get(self._stage)
        mismatch = pattern.mismatch(fields) if pattern else None
        return f"when: {mismatch}" if mismatch else ""


class _Routed(NamedTuple):
    """The event that is routed. `fields` are looked up once: pydantic takes microseconds for a private attribute."""

    event: Event
    fields: Mapping[str, Any]
    envelope: Envelope


def _reject_same_keys(steps: list[Delivery | Permanent]) -> None:
    """Put a failure in place of a second delivery with the same key, which the first one's record would suppress."""
    seen: set[str] = set()
    for number, step in enumerate(steps):
        if isinstance(step, Permanent):
            continue
        if step.key in seen:
            reason = "two entries of deliver have the same target; give each its own name"
            steps[number] = Permanent("template", reason, route=step.route, target=step.target, field="deliver")
        seen.add(step.key)
