"""Output of `routes explain`: as JSON data, or as lines of text with the event's values and the formatted content."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.parsers.expat import ExpatError

from defusedxml import minidom
from defusedxml.common import DefusedXmlException

from processor.alma import xml_body
from processor.routing.compiled_routes import DOES_NOT_HOLD, CompiledRoute, CompiledRoutes, request_names
from processor.routing.router import Decision
from scripts.cli.terminal import escape, json_text
from scripts.routes.explain import Explanation, as_data
from scripts.routes.unmet import unmet_fields, used_values

_INDENT: Final = " " * 9
_LONGEST_VALUE: Final = 60


def full_data(source: str, explanation: Explanation, routes: CompiledRoutes, stage: str) -> dict[str, Any]:
    """Return the explanation of an event as JSON data, with the event's value beside each condition that failed.

    `source` is the file or sample that was named.
    """
    data = as_data(explanation)
    compiled = {each.route.name: each for each in routes.routes}
    for shown, decision in zip(data["routes"], explanation.plan.decisions if explanation.plan else [], strict=True):
        known = compiled.get(decision.route)
        shown |= _unmet(known, decision, explanation, routes, stage) if known else {"when": [], "if": None}
    return {"source": source} | data


def _unmet(
    compiled: CompiledRoute, decision: Decision, explanation: Explanation, routes: CompiledRoutes, stage: str
) -> dict[str, Any]:
    fields = explanation.event.fields if explanation.event else {}
    if decision.reason.startswith("when: "):
        return {"when": [each._asdict() for each in unmet_fields(compiled.patterns[stage], fields)], "if": None}
    if decision.reason.endswith(DOES_NOT_HOLD) and compiled.condition:
        variables = routes.file.routes.stages[stage]  # type: ignore[index]  # a stage of the CLI
        request = request_names(explanation.envelope) if explanation.envelope else {}
        names = compiled.names(fields, request, variables).used_by(compiled.condition)
        used = used_values(compiled.condition, names)
        expression = " ".join(compiled.condition.source.split())
        return {"when": [], "if": {"expression": expression, "values": [each._asdict() for each in used]}}
    return {"when": [], "if": None}


def lines(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the full data as lines of text, escaped."""
    return map(escape, _lines(data))


def lines_of_all(explanations: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of several events, each below its name and separated by empty lines."""
    for number, data in enumerate(explanations):
        if number:
            yield ""
        yield escape(f"from     {data['source']}")
        yield from lines(data)


def _lines(data: Mapping[str, Any]) -> Iterator[str]:
    if data["action"] is not None:
        yield f"event    {' '.join(filter(None, (data['action'], data['event'])))}"
    for route in data["routes"]:
        yield from _route_lines(route)
    for delivery in data["deliveries"]:
        yield f"deliver  {delivery['target']} by route {delivery['route']}"
        for name, value in delivery.items():
            if name not in {"route", "target"}:
                yield from _content_lines(name, value)
    for failure in filter(None, (data["failure"], *data["other_failures"])):
        where = [f"route {failure['route']}", *filter(None, [failure.get("field")])] if "route" in failure else []
        yield f"dead     {failure['class']}: {failure['reason']}" + (f" ({', '.join(where)})" if where else "")
    if not (data["failure"] or data["deliveries"]):
        yield "ignored  no route matches this event"


def _route_lines(route: Mapping[str, Any]) -> Iterator[str]:
    values = route["when"] or route["if"]
    verdict = "fires" if route["fires"] else "no" if values else f"no, {route['reason']}"
    yield f"route    {route['route']}: {verdict}"
    for field in route["when"]:
        note = f" ({field['note']})" if field["note"] else ""
        yield f"{_INDENT}when: {_is(field['field'], field)}, expected {_json(field['wanted'])}{note}"
    if route["if"]:
        yield f"{_INDENT}if: {route['if']['expression']} is false"
        yield from (f"{_INDENT}    {_is(used['name'], used)}" for used in route["if"]["values"])


def _is(name: str, value: Mapping[str, Any]) -> str:
    return f"{name} is missing" if value["is_missing"] else f"{name} is {_short(_json(value['value']))}"


def _content_lines(name: str, value: Any) -> Iterator[str]:
    formatted = _formatted(value) if name == "message" else value if isinstance(value, str) else json_text(value)
    first, *others = formatted.splitlines() or [""]
    if not others:
        yield f"{_INDENT}{name}: {first}"
        return
    yield f"{_INDENT}{name}:"
    yield from (f"{_INDENT}  {line}" for line in (first, *others))


def _formatted(body: str) -> str:
    """Return a body with one member a line; as it is if it is neither JSON nor XML."""
    if xml_body.looks_like_xml(body.encode()):
        try:
            text = minidom.parseString(body).toprettyxml(indent="  ")
        except (ExpatError, DefusedXmlException, ValueError):
            return body
        return "\n".join(line for line in text.splitlines() if line.strip())
    try:
        return json_text(json.loads(body))
    except (ValueError, RecursionError):
        return body


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
