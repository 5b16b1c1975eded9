"""Routing: decides which routes match an event, and plans their deliveries. Sends nothing, reads no file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.envelope import HEARTBEAT_PROFILE, Envelope
from processor import heartbeat
from processor.alma.events import Event
from processor.alma.identity import identity_of
from processor.delivery import Delivery
from processor.errors import Permanent
from processor.routing.deliver import CompiledEntry, rendered
from processor.routing.models import Route, Routes
from processor.routing.patterns import Pattern
from processor.routing.templates import Condition, Template, TemplateContext, TemplateFailedError

_NOT_FOR_ROUTES = f"the profile {HEARTBEAT_PROFILE} has its own route only"


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
    """The compiled routes of one stage, which `processor.routing.compile` must have checked."""

    def __init__(self, routes: Routes, stage: str) -> None:
        variables = routes.stages[stage]  # type: ignore[index]  # the stage is checked where it is read
        self._heartbeat = _CompiledRoute(heartbeat.ROUTE, {})
        compiled = [_CompiledRoute(route, variables) for route in routes.routes]
        self._routes = [route for route in compiled if not route.fallback]
        self._fallbacks = [route for route in compiled if route.fallback]

    def plan(self, event: Event, envelope: Envelope) -> RoutingPlan:
        """Plan all deliveries of an event. Raise Permanent (template) with route and field."""
        plan = RoutingPlan(identity_of(event, envelope))
        self.fill(plan, event, envelope)
        return plan

    def fill(self, plan: RoutingPlan, event: Event, envelope: Envelope) -> None:
        """Add decisions and deliveries to `plan`. After Permanent was raised, it has those made before."""
        if envelope.profile == HEARTBEAT_PROFILE:
            _fire(self._heartbeat, plan, event, envelope)
            others = [*self._routes, *self._fallbacks]
            plan.decisions.extend(Decision(route.name, fires=False, reason=_NOT_FOR_ROUTES) for route in others)
            return
        fired = [_fire(route, plan, event, envelope) for route in self._routes]
        for fallback in self._fallbacks:
            if any(fired):
                plan.decisions.append(
                    Decision(fallback.name, fires=False, reason="another route matched, so this fallback does not fire")
                )
            else:
                _fire(fallback, plan, event, envelope)
        _check_keys_differ(plan.deliveries)


def rendered_pattern(pattern: Any, variables: TemplateContext) -> Any:
    """Return a `when` with the variables of the stage filled in. Raise what Template raises."""
    if isinstance(pattern, Mapping):
        return {name: rendered_pattern(value, variables) for name, value in pattern.items()}
    if isinstance(pattern, list):
        return [rendered_pattern(value, variables) for value in pattern]
    return Template(pattern).render(variables) if isinstance(pattern, str) else pattern


class _CompiledRoute:
    def __init__(self, route: Route, variables: TemplateContext) -> None:
        self.name = route.name
        self.fallback = route.fallback
        self._variables = variables
        self._when = Pattern(rendered_pattern(route.when, variables)) if route.when is not None else None
        self._let = {name: Template(text) for name, text in route.let.items()}
        self._condition = Condition(route.condition) if route.condition is not None else None
        self._entries = [CompiledEntry(route, number, entry) for number, entry in enumerate(route.deliver)]

    def mismatch(self, fields: TemplateContext) -> str:
        """Return why `when` does not match, or empty text if it matches."""
        mismatch = self._when.mismatch(fields) if self._when else None
        return f"when: {mismatch}" if mismatch else ""

    def names(self, fields: TemplateContext) -> dict[str, Any]:
        """Return the names for templates: the event's fields, overridden by stage variables, overridden by let."""
        names = {**fields, **self._variables}
        for name, template in self._let.items():
            names[name] = rendered(template, names, self.name, f"let.{name}")
        return names

    def condition_fails(self, names: TemplateContext) -> str:
        """Return why `if` does not hold, or empty text if it holds."""
        if self._condition is None:
            return ""
        try:
            return "" if self._condition.holds(names) else f"if: {self._condition.source} does not hold"
        except TemplateFailedError as error:
            raise Permanent("template", str(error), route=self.name, field="if") from None

    def deliveries(self, names: TemplateContext, event: Event, envelope: Envelope, identity: str) -> list[Delivery]:
        return [entry.delivery(names, event, envelope, identity) for entry in self._entries]


def _fire(route: _CompiledRoute, plan: RoutingPlan, event: Event, envelope: Envelope) -> bool:
    reason = route.mismatch(event.fields)
    if not reason:
        names = route.names(event.fields)
        reason = route.condition_fails(names)
    if not reason:
        plan.deliveries.extend(route.deliveries(names, event, envelope, plan.identity))
    plan.decisions.append(Decision(route.name, fires=not reason, reason=reason))
    return not reason


def _check_keys_differ(deliveries: list[Delivery]) -> None:
    seen: set[str] = set()
    for delivery in deliveries:
        if delivery.key in seen:
            reason = "two deliver entries name the same target; give each a name of its own"
            raise Permanent("template", reason, route=delivery.route, target=delivery.target, field="deliver")
        seen.add(delivery.key)
