"""JSON and XML of one event have the same routes, attributes and identity."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from processor.alma.events import Event, parse
from processor.delivery import Delivery
from processor.routing.patterns import Pattern
from processor.routing.router import Router
from processor.routing.templates import Condition, Template
from tests.processor.routing.test_shipped_routes import ROUTES
from tests.samples import INDEX, body_of, envelope_of
from tests.xml_twin import in_both, xml_twin

BOTH = [name for name in INDEX if f"{name}-xml" in INDEX]


def deliveries(body: bytes) -> list[Delivery]:
    return Router(ROUTES, "dev").plan(parse(body), envelope_of(body)).deliveries


def attributes_of(event: Event) -> tuple[str, str, str, str | None]:
    return event.action, event.event_value, event.institution_code, event.time


@pytest.mark.parametrize("sample", BOTH)
def test_an_event_is_routed_alike_in_both_formats(sample: str) -> None:
    """Action, event, institution, time, routes and targets are the same in both formats."""
    json_body, xml_body = body_of(sample), body_of(f"{sample}-xml")
    assert attributes_of(parse(json_body)) == attributes_of(parse(xml_body))
    routed = [[(one.route, one.target) for one in deliveries(body)] for body in (json_body, xml_body)]
    assert routed[0] == routed[1]


@pytest.mark.parametrize("sample", BOTH)
def test_a_code_without_its_description_is_still_a_code(sample: str) -> None:
    """Descriptions are optional: without them an XML event is routed as before."""
    body = body_of(f"{sample}-xml")
    bare = re.sub(rb' desc="[^"]*"', b"", body)
    assert [one.target for one in deliveries(bare)] == [one.target for one in deliveries(body)]
    assert attributes_of(parse(bare)) == attributes_of(parse(body))


def code_paths(value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of the objects with a value."""
    if isinstance(value, list):
        for element in value:
            yield from code_paths(element, path)
    elif isinstance(value, dict):
        yield from [path] * ("value" in value)
        for name, member in value.items():
            yield from code_paths(member, f"{path}.{name}")


@pytest.mark.parametrize("sample", BOTH)
def test_a_code_without_its_description_is_an_object_in_the_members(sample: str) -> None:
    """A target that gets the members as JSON finds each code of the samples where it is in a JSON body."""
    bare = re.sub(rb' (desc|name|description)="[^"]*"', b"", body_of(f"{sample}-xml"))
    assert list(code_paths(parse(bare).fields)) == list(code_paths(parse(body_of(sample)).fields))


def without_ids(fields: Any) -> Any:
    """Return the members that both formats can have, without the ids, which differ, and MARCXML."""
    if not isinstance(fields, dict):
        return fields
    return {name: without_ids(member) for name, member in fields.items() if name not in ("id", "anies")}


@pytest.mark.parametrize("sample", BOTH)
def test_the_samples_of_both_formats_have_the_same_members(sample: str) -> None:
    """A sample in XML says what its JSON form says."""
    in_json, in_xml = parse(body_of(sample)).fields, parse(body_of(f"{sample}-xml")).fields
    assert without_ids(in_both(in_xml)) == without_ids(in_both(in_json))


TYPED = {"action": "X", "m": {"place": 4, "flag": True, "first": {"email": [{"preferred": False}]}, "last": "z"}}
UNTYPED = {"action": "X", "m": {"place": 2, "flag": False, "first": {"email": []}, "last": ""}}


@pytest.mark.parametrize(("event", "holds"), [(TYPED, True), (UNTYPED, False)])
def test_f72_the_forms_for_both_formats_are_as_documented(event: dict[str, Any], holds: bool) -> None:
    """The forms that docs/xml.md gives for numbers, booleans, null and empty lists fit both formats."""
    for body in (json.dumps(event).encode(), xml_twin(event)):
        fields = parse(body).fields
        assert Condition("m.place | int > 3").holds(fields) is holds
        assert Condition('m.flag | string == "true"').holds(fields) is holds
        patterns = [
            {"place": ["4", 4]},
            {"flag": ["true", True]},
            {"first": {"email": {"preferred": [{"exists": True}]}}},
        ]
        assert [Pattern({"m": one}).mismatch(fields) is None for one in patterns] == [holds] * 3
        assert (Pattern({"m": {"last": [None, "", {"exists": False}]}}).mismatch(fields) is None) is not holds
        assert Template('{{ m.last | default("", true) }}').render(fields) == ("z" if holds else "")
