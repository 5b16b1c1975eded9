"""Checks and compiles a routes file, without AWS, and finds everything that would fail on every event."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from processor import heartbeat
from processor.routing import lint
from processor.routing.compiled_routes import CompiledRoute, CompiledRoutes
from processor.routing.conditions import PatternError
from processor.routing.deliver import DeliverEntry, EventBusEntry, texts_of
from processor.routing.models import InvalidRoutesError, Mistake, Route, Routes, read
from processor.routing.patterns import Pattern
from processor.routing.places import path_of
from processor.routing.rendered_bodies import literal_mistakes
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import Condition, InvalidTemplateError, Template
from processor.routing.yaml_lines import YamlPath

Compiled = TypeVar("Compiled", Template, Condition)


def load(path: Path) -> CompiledRoutes:
    """Check and compile a routes file. Raise InvalidRoutesError; OSError if the file cannot be read."""
    return compile_routes(path.read_text("utf-8"))


def compile_routes(text: str) -> CompiledRoutes:
    """Check and compile the text of a routes file. Raise InvalidRoutesError with all problems, in order of lines."""
    file = read(text)
    compiler = _Compiler(file.routes)
    compiled = [compiler.compile(route, ("routes", number)) for number, route in enumerate(file.routes.routes)]
    mistakes = [
        *_topic_mistakes(file.routes),
        *_stage_mistakes(file.routes),
        *lint.unrendered_in_stages(file.routes),
        *_name_mistakes(file.routes),
    ]
    if unique := dict.fromkeys([*mistakes, *compiler.mistakes]):
        found = [file.problem(path, reason) for path, reason in unique]
        raise InvalidRoutesError(sorted(found, key=lambda problem: problem.line))
    return CompiledRoutes(file, compiled, compiler.compile(heartbeat.ROUTE, ()))


def _topic_mistakes(routes: Routes) -> Iterator[Mistake]:
    """Find topics that the stack cannot distinguish: it names their resources without hyphens."""
    seen: dict[str, str] = {}
    for number, name in enumerate(routes.topic_names):
        plain = name.replace("-", "")
        if name == heartbeat.TOPIC:
            yield ("topics", number), heartbeat.TOPIC_RESERVED
        elif plain in seen:
            twice = f"the topic {name} is listed twice; remove one"
            yield (
                ("topics", number),
                twice if seen[plain] == name else f"{name} and {seen[plain]} differ only by hyphens",
            )
        seen[plain] = name


def _stage_mistakes(routes: Routes) -> Iterator[Mistake]:
    everywhere = {name for variables in routes.stages.values() for name in variables}
    for stage in ("dev", "stg", "prod"):
        if stage not in routes.stages:
            yield ("stages",), f"the stage {stage} is missing"
            continue
        for name in sorted(everywhere - set(routes.stages[stage])):
            yield ("stages", stage), f"the stage {stage} lacks the variable {name}, which another stage has"


def _name_mistakes(routes: Routes) -> Iterator[Mistake]:
    times = Counter(route.name for route in routes.routes)
    for number, route in enumerate(routes.routes):
        if times[route.name] > 1:
            yield ("routes", number, "name"), f"the name {route.name} is used by {times[route.name]} routes"
        if heartbeat.PROFILE in (route.profiles or ()):
            yield ("routes", number, "profiles"), heartbeat.PROFILE_RESERVED
        if route.name == heartbeat.ROUTE.name:
            yield ("routes", number, "name"), heartbeat.NAME_RESERVED


class _Compiler:
    """Compiles the routes of one file, and collects their `mistakes`.

    A file repeats texts, often by YAML aliases, and every cold start compiles it: equal texts are compiled once.
    """

    def __init__(self, routes: Routes) -> None:
        self.mistakes: list[Mistake] = []
        self._stages = routes.stages
        self._template = cache(Template)
        self._condition = cache(Condition)

    def compile(self, route: Route, path: YamlPath) -> CompiledRoute:
        """Return the compiled route at this path of the file, without parts that have a mistake."""
        compiled = CompiledRoute(
            route,
            self._patterns(route.when, (*path, "when")),
            self._templates(route.let, (*path, "let")),
            self._made(self._condition, route.condition, (*path, "if")) if route.condition is not None else None,
            [self._entry(entry, route.name, (*path, "deliver", index)) for index, entry in enumerate(route.deliver)],
        )
        variables = {name for stage in self._stages.values() for name in stage}
        found = (
            *_same_target_mistakes(route),
            *lint.unrendered_in_route(route),
            *lint.in_pattern(route.when, ("when",)),
            *lint.in_templates(compiled, variables),
            *lint.retry_dependent(compiled),
        )
        self.mistakes += [((*path, *inner), reason) for inner, reason in found]
        return compiled

    def _entry(self, entry: DeliverEntry, route: str, path: YamlPath) -> dict[str, Template]:
        if isinstance(entry, EventBusEntry) and entry.source.startswith("aws."):
            reason = "sources that start with aws. are reserved for AWS; choose another source"
            self.mistakes.append(((*path, "source"), reason))
        templates = self._templates(texts_of(entry, route), path)
        self.mistakes += [((*path, *path_of(place)), reason) for place, reason in literal_mistakes(entry, templates)]
        return templates

    def _templates(self, texts: Mapping[str, str], path: YamlPath) -> dict[str, Template]:
        made = {name: self._made(self._template, text, (*path, *path_of(name))) for name, text in texts.items()}
        return {name: template for name, template in made.items() if template}

    def _made(self, compile_source: Callable[[str], Compiled], source: str, path: YamlPath) -> Compiled | None:
        try:
            return compile_source(source)
        except InvalidTemplateError as error:
            self.mistakes.append((path, f"{source!r} is not valid: {lint.with_nearest_filter(str(error))}"))
            return None

    def _patterns(self, when: dict[str, Any] | None, path: YamlPath) -> dict[str, Pattern]:
        patterns: dict[str, Pattern] = {}
        for stage, variables in self._stages.items() if when is not None else ():
            before = len(self.mistakes)
            filled = self._filled(when, variables, path)
            try:
                if len(self.mistakes) == before:
                    patterns[stage] = Pattern(filled)
            except PatternError as error:
                self.mistakes.append(((*path, *error.path), str(error)))
        return patterns

    def _filled(self, value: Any, variables: Mapping[str, str], path: YamlPath) -> Any:
        """Return a part of `when` with the variables of a stage filled in, or anything after a mistake."""
        if isinstance(value, dict):
            return {name: self._filled(member, variables, (*path, name)) for name, member in value.items()}
        if isinstance(value, list):
            return [self._filled(member, variables, (*path, number)) for number, member in enumerate(value)]
        try:
            return self._template(value).render(variables) if isinstance(value, str) else value
        except InvalidTemplateError as error:
            reason = f"{value!r} is not a valid template: {error}"
        except TemplateFailedError:
            unknown = ", ".join(sorted(self._template(value).names - set(variables)))
            known = ", ".join(sorted(variables)) or "there are none"
            uses = f"uses {unknown}" if unknown else "fails"
            reason = f"{value!r} {uses}; templates in when can only use the variables of the stage ({known})"
        self.mistakes.append((path, reason))
        return None


def _same_target_mistakes(route: Route) -> Iterator[Mistake]:
    times = Counter((entry.kind, entry.target, entry.name) for entry in route.deliver)
    for number, entry in enumerate(route.deliver):
        if times[entry.kind, entry.target, entry.name] > 1:
            yield ("deliver", number), f"another entry also delivers to {entry.target}; give each entry its own name"
