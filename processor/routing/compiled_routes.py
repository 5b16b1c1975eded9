"""Compiled routes: they decide for one event whether a route fires, and which deliveries it makes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ingest.envelope import Envelope
from processor.alma.events import Event
from processor.delivery import Delivery, MessageDelivery
from processor.errors import Permanent
from processor.routing.bodies import bodies_of
from processor.routing.deliver import NotificationEntry
from processor.routing.entry_deliveries import delivery_of
from processor.routing.fifo import with_ids
from processor.routing.models import Route, RoutesFile
from processor.routing.patterns import Pattern
from processor.routing.places import path_of
from processor.routing.rendered_bodies import InvalidBodyError
from processor.routing.template_values import FailedLet, LetFailedError, TemplateFailedError, used
from processor.routing.templates import Condition, Template, TemplateContext
from processor.routing.yaml_lines import YamlPath

DOES_NOT_HOLD = " does not hold"

_HALF_A_PAIR = "the text has half of a surrogate pair, which is not a character"

Value = TypeVar("Value")


REQUEST_NAMES = ("profile", "receipt_id", "received_at")
"""The names that templates have of the request by which an event came."""


def request_names(envelope: Envelope) -> dict[str, str]:
    """Return their values."""
    return {name: getattr(envelope, name) for name in REQUEST_NAMES}


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

    def names(self, fields: TemplateContext, request: TemplateContext, variables: TemplateContext) -> "RouteNames":
        """Return the names for templates: the event's fields, those of its request, stage variables, and let.

        Of equal names the later ones override the earlier.
        """
        return RouteNames({**fields, **request, **variables}, self.let)

    def parts(self) -> Iterator[tuple[YamlPath, Template | Condition]]:
        """Yield the templates and the condition with their paths in the route."""
        for name, template in self.let.items():
            yield ("let", name), template
        if self.condition is not None:
            yield ("if",), self.condition
        for number, templates in enumerate(self.entries):
            for place, template in templates.items():
                yield ("deliver", number, *path_of(place)), template

    def profile_mismatch(self, profile: str) -> str:
        """Return why the route takes no events of an Alma profile, or empty text if it takes them."""
        profiles = self.route.profiles
        is_taken = profiles is None or profile in profiles
        return "" if is_taken else f"profiles: {profile} is not one of {', '.join(profiles or ())}"

    def condition_fails(self, names: "RouteNames") -> str:
        """Return why `if` does not hold, or empty text if it holds. Raise Permanent (template)."""
        if self.condition is None:
            return ""
        holds = self._evaluated(self.condition.holds, names.used_by(self.condition), "if")
        return "" if holds else f"if: {self.condition.source}{DOES_NOT_HOLD}"

    def deliveries(
        self, names: "RouteNames", event: Event, envelope: Envelope, identity: str
    ) -> Iterator[Delivery | Permanent]:
        """Yield the deliveries for an event, each with a failure (template) in its place if it cannot be made."""
        for number, (entry, templates) in enumerate(zip(self.route.deliver, self.entries, strict=True)):
            at = f"deliver[{number}]"
            texts: dict[str, str] = {}
            try:
                for place, template in templates.items():
                    texts[place] = self._rendered(template, names, f"{at}.{place}")
                let = self._let_values(names) if isinstance(entry, NotificationEntry) else {}
                delivery = delivery_of(entry, texts, self.route.name, event, envelope, identity, let)
                if isinstance(delivery, MessageDelivery):
                    yield with_ids(delivery, texts, identity, at)
                else:  # only these can be too large; an entry has one own body at most
                    yield replace(delivery, place=".".join((at, *bodies_of(entry))))
            except InvalidBodyError as error:
                failure = Permanent("template", str(error), field=f"{at}.{error.place}")
                yield failure.at(self.route.name, f"{entry.kind}:{texts[entry.kind]}")
            except Permanent as failure:
                target = texts.get(entry.kind)
                yield failure.at(self.route.name, f"{entry.kind}:{target}" if target else "")

    def _let_values(self, names: "RouteNames") -> dict[str, str]:
        """Return all names of `let` with their texts. Raise Permanent (template) for the first that fails."""
        return self._evaluated(lambda _: names.let_values(), {}, "let")

    def _rendered(self, template: Template, names: "RouteNames", place: str) -> str:
        """Return a text of an entry. Raise Permanent (template), also for half of a surrogate pair: UTF-8 has none."""
        text = self._evaluated(template.render, names.used_by(template), place)
        if not text.isascii():  # most texts are, and Python knows it
            try:
                text.encode()
            except UnicodeEncodeError:
                raise Permanent("template", _HALF_A_PAIR, route=self.route.name, field=place) from None
        return text

    def _evaluated(self, evaluate: Callable[[TemplateContext], Value], names: TemplateContext, place: str) -> Value:
        try:
            return evaluate(names)
        except LetFailedError as error:
            raise Permanent("template", str(error), route=self.route.name, field=f"let.{error.name}") from None
        except TemplateFailedError as error:
            raise Permanent("template", str(error), route=self.route.name, field=place) from None


class RouteNames:
    """The names for the templates of a route, for one event. Those of `let` are rendered at their first use, once.

    One that fails becomes a FailedLet, so that a condition can protect it.
    """

    def __init__(self, names: dict[str, Any], let: Mapping[str, Template]) -> None:
        self._names = names
        self._let = dict(let)
        self._let_names = tuple(let)

    def used_by(self, compiled: Template | Condition) -> TemplateContext:
        """Return names for a template or condition, with all of `let` that it uses."""
        if self._let:
            self._render(compiled.names)
        return self._names

    def let_values(self) -> dict[str, str]:
        """Return every name of `let` with its text, for models that the route does not know. Raise LetFailedError."""
        self._render(self._let_names)
        return {name: used(self._names[name]) for name in self._let_names}

    def _render(self, let: Iterable[str]) -> None:
        for name in let:
            if template := self._let.pop(name, None):
                names = self.used_by(template)
                try:
                    self._names[name] = template.render(names)
                except LetFailedError as error:
                    self._names[name] = FailedLet(error)
                except TemplateFailedError as error:
                    self._names[name] = FailedLet(LetFailedError(name, str(error)))


@dataclass(frozen=True)
class CompiledRoutes:
    """A valid routes file, compiled for all stages, and the built-in route of the heartbeat."""

    file: RoutesFile
    routes: list[CompiledRoute]
    heartbeat: CompiledRoute
