"""JSON and XML of one event have the same routes, attributes and identity."""

import re

import pytest

from processor.alma.events import Event, parse
from processor.delivery import Delivery
from processor.routing.router import Router
from tests.processor.routing.test_shipped_routes import ROUTES
from tests.samples import INDEX, body_of, envelope_of

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
