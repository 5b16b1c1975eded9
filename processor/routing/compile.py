"""Checks a routes file, without AWS, for everything that would fail on every event."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from processor import heartbeat
from processor.routing import lint, unrendered
from processor.routing.conditions import PatternError
from processor.routing.deliver_models import EventBusEntry, texts_of
from processor.routing.models import InvalidRoutesError, Mistake, Problem, Route, Routes, RoutesFile, read
from processor.routing.patterns import Pattern
from processor.routing.router import rendered_pattern
from processor.routing.templates import Condition, InvalidTemplateError, Template, TemplateFailedError
from processor.routing.yaml_lines import YamlPath


def load(path: Path) -> Routes:
    """Return the routes of a valid file. Raise InvalidRoutesError; OSError if the file cannot be read."""
    file = read(path.read_text("utf-8"))
    found = problems(file)
    if found:
        raise InvalidRoutesError(found)
    return file.routes


def problems(file: RoutesFile) -> list[Problem]:
    """Return all problems of the file's routes, in the order of its lines."""
    mistakes = [*_stage_mistakes(file.routes), *unrendered.in_stages(file.routes), *_name_mistakes(file.routes)]
    for number, route in enumerate(file.routes.routes):
        mistakes += [(("routes", number, *path), reason) for path, reason in _route_mistakes(route, file.routes)]
    unique = list(dict.fromkeys(mistakes))
    return sorted((file.problem(path, reason) for path, reason in unique), key=lambda problem: problem.line)


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


def _route_mistakes(route: Route, routes: Routes) -> Iterator[Mistake]:
    if route.when is not None:
        for variables in routes.stages.values():
            yield from _pattern_mistakes(route.when, variables)
    for name, text in route.let.items():
        yield from _compile_mistakes(("let", name), Template, text)
    if route.condition is not None:
        yield from _compile_mistakes(("if",), Condition, route.condition)
    for number, entry in enumerate(route.deliver):
        if isinstance(entry, EventBusEntry) and entry.source.startswith("aws."):
            yield (
                ("deliver", number, "source"),
                "sources that start with aws. are reserved for AWS; choose another source",
            )
        for place, text in texts_of(entry, route.name).items():
            yield from _compile_mistakes(("deliver", number, *place.split(".", 1)), Template, text)
    yield from _same_target_mistakes(route)
    yield from unrendered.in_route(route)
    yield from lint.in_pattern(route.when, ("when",))
    yield from lint.in_templates(route, {name for stage in routes.stages.values() for name in stage})


def _pattern_mistakes(pattern: dict[str, Any], variables: dict[str, str]) -> Iterator[Mistake]:
    failed = False
    for path, text in _texts(pattern, ("when",)):
        try:
            Template(text).render(variables)
        except (InvalidTemplateError, TemplateFailedError):
            failed = True
            yield from _unknown_names(path, text, variables)
    try:
        if not failed:
            Pattern(rendered_pattern(pattern, variables))
    except PatternError as error:
        yield ("when", *error.path), str(error)


def _unknown_names(path: YamlPath, text: str, variables: dict[str, str]) -> Iterator[Mistake]:
    try:
        unknown = sorted(Template(text).names - set(variables))
    except InvalidTemplateError as error:
        yield path, f"{text!r} is not a valid template: {error}"
        return
    uses = f"uses {', '.join(unknown)}" if unknown else "fails"
    known = ", ".join(sorted(variables)) or "there are none"
    yield path, f"{text!r} {uses}; templates in when can only use the variables of the stage ({known})"


def _compile_mistakes(path: YamlPath, compile_source: Callable[[str], object], source: str) -> Iterator[Mistake]:
    try:
        compile_source(source)
    except InvalidTemplateError as error:
        yield path, f"{source!r} is not valid: {error}"


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
