"""Checks and compiles a routes file, without AWS, and finds everything that would fail on every event."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from processor import heartbeat
from processor.routing import lint, unrendered
from processor.routing.compiled_routes import CompiledRoute, CompiledRoutes
from processor.routing.conditions import PatternError
from processor.routing.deliver_models import DeliverEntry, EventBusEntry, texts_of
from processor.routing.models import InvalidRoutesError, Mistake, Problem, Route, Routes, read
from processor.routing.patterns import Pattern
from processor.routing.templates import Condition, InvalidTemplateError, Template, TemplateFailedError
from processor.routing.yaml_lines import YamlPath

Compiled = TypeVar("Compiled", Template, Condition)


def load(path: Path) -> CompiledRoutes:
    """Check and compile a routes file. Raise InvalidRoutesError; OSError if the file cannot be read."""
    return compile_routes(path.read_text("utf-8"))


def compile_routes(text: str) -> CompiledRoutes:
    """Check and compile the text of a routes file. Raise InvalidRoutesError with all problems, in order of lines."""
    file = read(text)
    compiler = _Compiler(file.routes)
    mistakes = [*_stage_mistakes(file.routes), *unrendered.in_stages(file.routes), *_name_mistakes(file.routes)]
    compiled = []
    for number, route in enumerate(file.routes.routes):
        compiled.append(compiler.compile(route))
        mistakes += [(("routes", number, *path), reason) for path, reason in compiler.taken_mistakes()]
    if mistakes:
        found = (file.problem(path, reason) for path, reason in dict.fromkeys(mistakes))
        raise InvalidRoutesError(sorted(found, key=lambda problem: problem.line))
    return CompiledRoutes(file, compiled, compiler.compile(heartbeat.ROUTE))


def problems(text: str) -> list[Problem]:
    """Return all problems of the text of a routes file, in order of lines."""
    try:
        compile_routes(text)
    except InvalidRoutesError as error:
        return error.problems
    return []


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
        if route.name == heartbeat.ROUTE.name:
            yield ("routes", number, "name"), heartbeat.NAME_RESERVED


class _Compiler:
    """Compiles the routes of one file, and collects their mistakes.

    A file repeats texts, often by YAML aliases, and every cold start compiles it: equal texts are compiled once.
    """

    def __init__(self, routes: Routes) -> None:
        self._stages = routes.stages
        self._variables = {name for variables in routes.stages.values() for name in variables}
        self._template = cache(Template)
        self._condition = cache(Condition)
        self._mistakes: list[Mistake] = []

    def taken_mistakes(self) -> list[Mistake]:
        """Return the mistakes of the routes compiled since the last call."""
        taken, self._mistakes = self._mistakes, []
        return taken

    def compile(self, route: Route) -> CompiledRoute:
        """Return the compiled route, without parts that have a mistake."""
        compiled = CompiledRoute(
            route,
            self._patterns(route.when),
            self._templates(route.let, "let"),
            self._made(self._condition, route.condition, ("if",)) if route.condition is not None else None,
            [self._entry(entry, route.name, number) for number, entry in enumerate(route.deliver)],
        )
        self._mistakes += _same_target_mistakes(route)
        self._mistakes += unrendered.in_route(route)
        self._mistakes += lint.in_pattern(route.when, ("when",))
        self._mistakes += lint.in_templates(compiled, self._variables)
        return compiled

    def _entry(self, entry: DeliverEntry, route: str, number: int) -> dict[str, Template]:
        if isinstance(entry, EventBusEntry) and entry.source.startswith("aws."):
            reason = "sources that start with aws. are reserved for AWS; choose another source"
            self._mistakes.append((("deliver", number, "source"), reason))
        return self._templates(texts_of(entry, route), "deliver", number)

    def _templates(self, texts: Mapping[str, str], *path: str | int) -> dict[str, Template]:
        made = {name: self._made(self._template, text, (*path, *name.split(".", 1))) for name, text in texts.items()}
        return {name: template for name, template in made.items() if template}

    def _made(self, compile_source: Callable[[str], Compiled], source: str, path: YamlPath) -> Compiled | None:
        try:
            return compile_source(source)
        except InvalidTemplateError as error:
            self._mistakes.append((path, f"{source!r} is not valid: {error}"))
            return None

    def _patterns(self, when: dict[str, Any] | None) -> dict[str, Pattern]:
        patterns: dict[str, Pattern] = {}
        for stage, variables in self._stages.items() if when is not None else ():
            texts = {path: self._rendered(path, text, variables) for path, text in _texts(when, ("when",))}
            try:
                if None not in texts.values():
                    patterns[stage] = Pattern(_replaced(when, texts, ("when",)))
            except PatternError as error:
                self._mistakes.append((("when", *error.path), str(error)))
        return patterns

    def _rendered(self, path: YamlPath, text: str, variables: Mapping[str, str]) -> str | None:
        """Return a text of `when` with the variables of a stage filled in; None if that fails."""
        try:
            template = self._template(text)
        except InvalidTemplateError as error:
            self._mistakes.append((path, f"{text!r} is not a valid template: {error}"))
            return None
        try:
            return template.render(variables)
        except TemplateFailedError:
            unknown = sorted(template.names - set(variables))
            uses = f"uses {', '.join(unknown)}" if unknown else "fails"
            known = ", ".join(sorted(variables)) or "there are none"
            reason = f"{text!r} {uses}; templates in when can only use the variables of the stage ({known})"
            self._mistakes.append((path, reason))
            return None


def _same_target_mistakes(route: Route) -> Iterator[Mistake]:
    times = Counter((entry.kind, entry.target, entry.name) for entry in route.deliver)
    for number, entry in enumerate(route.deliver):
        if times[entry.kind, entry.target, entry.name] > 1:
            yield ("deliver", number), f"another entry also delivers to {entry.target}; give each entry its own name"


def _texts(value: Any, path: YamlPath) -> Iterator[tuple[YamlPath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _texts(member, (*path, name))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from _texts(member, (*path, number))


def _replaced(value: Any, texts: Mapping[YamlPath, str | None], path: YamlPath) -> Any:
    """Return a value with these texts in place of its own."""
    if isinstance(value, dict):
        return {name: _replaced(member, texts, (*path, name)) for name, member in value.items()}
    if isinstance(value, list):
        return [_replaced(member, texts, (*path, number)) for number, member in enumerate(value)]
    return texts[path] if isinstance(value, str) else value
