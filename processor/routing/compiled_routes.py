"""Compiled routes: they decide for one event whether a route fires, and which deliveries it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ingest.envelope import Envelope
from processor.alma.events import Event
from processor.delivery import Delivery
from processor.errors import Permanent
from processor.routing.deliver import delivery_of
from processor.routing.models import Route, RoutesFile
from processor.routing.patterns import Pattern
from processor.routing.templates import Condition, Template, TemplateContext, TemplateFailedError

Value = TypeVar("Value")


@dataclass(frozen=True)
class CompiledRoute:
    """A route with its compiled parts. In a file with mistakes, parts with a mistake are missing.

    `patterns` are by stage, and the templates in `entries` by their place in the entry.
    """

    route: Route
    patterns: Mapping[str, Pattern]
    let: Mapping[str, Template]
    condition: Condition | None
    entries: list[Mapping[str, Template]]

    def names(self, fields: TemplateContext, variables: TemplateContext) -> dict[str, Any]:
        """Return the names for templates: the event's fields, overridden by stage variables, overridden by let.

        Raise Permanent (template) with route and field.
        """
        names = {**fields, **variables}
        for name, template in self.let.items():
            names[name] = self._evaluated(template.render, names, f"let.{name}")
        return names

    def condition_fails(self, names: TemplateContext) -> str:
        """Return why `if` does not hold, or empty text if it holds. Raise Permanent (template)."""
        if self.condition is None:
            return ""
        holds = self._evaluated(self.condition.holds, names, "if")
        return "" if holds else f"if: {self.condition.source} does not hold"

    def deliveries(self, names: TemplateContext, event: Event, envelope: Envelope, identity: str) -> list[Delivery]:
        """Return the deliveries for an event. Raise Permanent (template) with route and field."""
        made = []
        for number, (entry, templates) in enumerate(zip(self.route.deliver, self.entries, strict=True)):
            texts = {
                place: self._evaluated(template.render, names, f"deliver[{number}].{place}")
                for place, template in templates.items()
            }
            made.append(delivery_of(entry, texts, self.route.name, event, envelope, identity))
        return made

    def _evaluated(self, evaluate: Callable[[TemplateContext], Value], names: TemplateContext, place: str) -> Value:
        try:
            return evaluate(names)
        except TemplateFailedError as error:
            raise Permanent("template", str(error), route=self.route.name, field=place) from None


@dataclass(frozen=True)
class CompiledRoutes:
    """A valid routes file, compiled for all stages, and the built-in route of the heartbeat."""

    file: RoutesFile
    routes: list[CompiledRoute]
    heartbeat: CompiledRoute
