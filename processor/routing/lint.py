"""Finds likely mistakes in valid routes: misspelled names, actions in lower case, templates that are not rendered.

Unknown names alone are allowed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from processor.routing.bodies import bodies_of
from processor.routing.compiled_routes import REQUEST_NAMES, CompiledRoute
from processor.routing.models import Mistake, Route, Routes
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import FILTERS, Condition, Template
from processor.routing.yaml_lines import YamlPath, walk

# The members of Alma's bodies. Alma may add others, so only names that resemble one of these are mistakes.
MEMBERS = frozenset(
    {"id", "action", "institution", "time", "event", "job_instance", "item_loan", "user_request", "webhook_user"}
    | {"bib", "item", "holding", "portfolio", "representation"}
)
_OF_ONE_REQUEST = frozenset({"receipt_id", "received_at"})
_CODES = frozenset({"event", "institution"})

_SYNTAX = re.compile(r"\{[{%#]")
_UNRENDERED = "templates are not rendered here; write the literal text"


def unrendered_in_stages(routes: Routes) -> Iterator[Mistake]:
    """Find templates in the values of stage variables."""
    for path, value in walk(routes.stages, ("stages",)):
        if isinstance(value, str) and _SYNTAX.search(value):
            yield path, _UNRENDERED


def unrendered_in_route(route: Route) -> Iterator[Mistake]:
    """Find templates in the keys of `when` and of own bodies, and in the names of entries."""
    keyed: list[tuple[YamlPath, Any]] = [(("when",), route.when)]
    for number, entry in enumerate(route.deliver):
        if _SYNTAX.search(entry.name):
            yield ("deliver", number, "name"), _UNRENDERED
        keyed += [(("deliver", number, field), body) for field, body in bodies_of(entry).items()]
    for path, value in keyed:
        for inner, _ in walk(value, path):
            if isinstance(inner[-1], str) and _SYNTAX.search(inner[-1]):
                yield inner, _UNRENDERED


def in_pattern(pattern: Any, path: YamlPath) -> Iterator[Mistake]:
    """Find likely mistakes in a `when`."""
    if not isinstance(pattern, Mapping):
        return
    for name, value in pattern.items():
        here = (*path, name)
        if name == "$or" and isinstance(value, list):
            for index, alternative in enumerate(value):
                yield from in_pattern(alternative, (*here, index))
        elif reason := _wrong_member(name, value):
            yield here, reason
        yield from _dotted((name, value), path)


def in_templates(compiled: CompiledRoute, variables: Iterable[str]) -> Iterator[Mistake]:
    """Find likely mistakes in the names that the templates and the condition of a route use."""
    known = {*MEMBERS, *REQUEST_NAMES, *variables, *compiled.route.let}
    for path, part in compiled.parts():
        yield from _in_names(path, part, known)
        match path:
            case ("let", str(name)) if through := _circle(name, compiled.let):
                yield path, f"{name!r} is made from itself through {' and '.join(map(repr, through))}"


def _wrong_member(name: str, value: Any) -> str:
    if name not in MEMBERS and (close := _nearly(name, MEMBERS)):
        return f"unknown member {name!r}; did you mean {close!r}?"
    if name in _CODES and isinstance(value, list) and any(isinstance(one, str) for one in value):
        return f"{name} is an object; match its code as {name}: {{value: [CODE]}}"
    if name == "action" and isinstance(value, list):
        wrong = [text for text in _compared_with_case(value) if "{{" not in text and text != text.upper()]
        return f"actions are upper case in routes; write {wrong[0].upper()}" if wrong else ""
    return ""


def _dotted(member: tuple[str, Any], path: YamlPath) -> Iterator[Mistake]:
    name, value = member
    if "." in name:
        nested = name.replace(".", ": {") + ": […]" + "}" * name.count(".")
        yield (*path, name), f"a dotted name does not match nested members; write {nested}"
    if isinstance(value, Mapping):
        for inner in value.items():
            yield from _dotted(inner, (*path, name))


def retry_dependent(compiled: CompiledRoute) -> Iterator[Mistake]:
    """Find targets and executions whose names depend on the request: a retry of Alma's has other values."""
    for number, templates in enumerate(compiled.entries):
        entry = compiled.route.deliver[number]
        for place in (entry.kind, "execution_name"):
            used, left = set[str](), [templates[place]] if place in templates else []
            while left:
                found = left.pop().names - used
                used |= found
                left += [compiled.let[name] for name in found & compiled.let.keys()]
            for name in sorted(used & _OF_ONE_REQUEST - compiled.let.keys()):
                yield ("deliver", number, place), f"a retry by Alma has another {name}, so it would act twice"


def _circle(name: str, let: Mapping[str, Template]) -> list[str]:
    """Return the other names of `let` through which a name needs itself; empty if it does not.

    A name alone can use itself: then it is the field that the name hides.
    """
    ways, seen = [[name]], {name}
    while ways:
        way = ways.pop()
        for used in sorted(let[way[-1]].names & let.keys()):
            if used == name and len(way) > 1:
                return way[1:]
            if used not in seen:
                seen.add(used)
                ways.append([*way, used])
    return []


def _in_names(path: YamlPath, compiled: Template | Condition, known: set[str]) -> Iterator[Mistake]:
    if isinstance(compiled, Template) and not compiled.names:
        try:
            compiled.render({})
        except TemplateFailedError as error:  # it uses no event, so it fails for every event
            yield path, str(error)
            return
    unknown = sorted(compiled.names - known)
    for name in unknown:
        if name in FILTERS and re.search(rf"\b{name}\s*\(", compiled.source):
            yield path, f"{name!r} is a filter, not a function; write VALUE | {name}"
        elif close := _nearly(name, known):
            yield path, f"unknown name {name!r}; did you mean {close!r}?"


def _nearly(name: str, known: Iterable[str]) -> str:
    """Return the known name that this one misspells. A longer or shorter form is not a misspelling (`holdings`)."""
    close = get_close_matches(name, known, 1, 0.8)
    return close[0] if close and not name.startswith(close[0]) and not close[0].endswith(name) else ""


def with_nearest_filter(reason: str) -> str:
    """Return the reason why a template is not valid; if it is an unknown filter, with the nearest known one."""
    unknown = re.search("No filter named '(.+)'", reason)
    close = get_close_matches(unknown[1], FILTERS, 1) if unknown else []
    return f"{reason} Did you mean {close[0]!r}?" if close else reason


def _compared_with_case(conditions: list[Any]) -> list[str]:
    found = walk(conditions, ())
    return [value for path, value in found if isinstance(value, str) and "equals-ignore-case" not in path]
