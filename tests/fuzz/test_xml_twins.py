"""An event in JSON and its twin in XML are routed alike."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from processor.alma.events import parse
from processor.delivery import EventBusDelivery, FunctionDelivery, MessageDelivery, StateMachineDelivery
from processor.errors import Permanent
from processor.routing.compile import compile_routes, load
from processor.routing.router import Router
from tests.fuzz.twins import TWIN_EVENTS, XML_STYLES
from tests.samples import EVENTS, STAGES, envelope_of
from tests.xml_twin import XmlStyle, in_both, xml_twin

SHIPPED = Router(load(Path(EVENTS).parent / "routes.yaml"), "dev")
# Codes, lists, absent members and every kind of content; the actions are those of the samples.
TRAPS = Router(
    compile_routes(
        STAGES
        + """
topics: [main, first, none, closed, graded, any]
routes:
  - name: library
    when: {item_loan: {library: {value: [MAIN]}}}
    deliver: [{topic: main}]
  - name: undescribed
    when: {item_loan: {return_circ_desk: {desc: [null, {exists: false}], value: [{exists: true}]}}}
    deliver: [{topic: none}]
  - name: counters
    when: {job_instance: {counter: {type: {value: [{prefix: label.}]}}}}
    if: job_instance.counter | map(attribute="type.value") | select("equalto", "label.new.records") | list
    deliver: [{topic: first}]
  - name: canceled
    when: {event: {value: [{suffix: CANCELED}, {wildcard: "*CLOSED"}]}, user_request: {material_type: {desc: [Book]}}}
    deliver: [{topic: closed}]
  - name: user
    when: {webhook_user: {user: {user_group: {value: [{anything-but: STAFF}]}}}}
    let: {group: "{{ webhook_user.user.user_group.value | slug }}"}
    deliver: [{topic: "{{ group }}"}]
  - name: item
    if: item is defined and item.item_data is defined and item.item_data.library is defined
    deliver: [{state_machine: s, input: {library: "{{ item.item_data.library.value }}"}}]
  - name: portfolio
    when: {portfolio: {library: {value: [MAIN]}}}
    deliver: [{topic: "{{ portfolio.library.value | slug }}"}]
  - name: members
    deliver:
      - {state_machine: s}
      - {function: "arn:aws:lambda:us-east-1:123456789012:function:f"}
      - {event_bus: "arn:aws:events:us-east-1:123456789012:event-bus/b", detail_type: "{{ action }}"}
      - {topic: any}
"""
    ),
    "dev",
)
OF_EVENT = ("action", "event", "institution", "profile", "event_time")


def content_of(delivery: Any) -> Any:
    """Return what a target gets, but for the body, its identity and its size."""
    match delivery:
        case MessageDelivery():
            return {name: delivery.attributes.get(name) for name in OF_EVENT}
        case StateMachineDelivery():
            return in_both(json.loads(delivery.input))
        case FunctionDelivery():
            return in_both(json.loads(delivery.payload))
        case EventBusDelivery():
            return delivery.source, delivery.detail_type, in_both(json.loads(delivery.detail))


def routing_of(body: bytes, router: Router) -> Any:
    """Return what the routes do with a body: why it is no event, or which routes fire, fail and deliver what."""
    try:
        plan = router.plan(parse(body), envelope_of(body))
    except Permanent as failure:
        return failure.cause_class, failure.route, failure.field
    fired = [(decision.route, decision.fires) for decision in plan.decisions]
    failed = [(failure.route, failure.target, failure.field) for failure in plan.failures]
    return fired, failed, [(one.route, one.target, content_of(one)) for one in plan.deliveries]


def check_twins(event: dict[str, Any], style: XmlStyle) -> None:
    in_json, in_xml = json.dumps(event).encode(), xml_twin(event, style)
    for router in (SHIPPED, TRAPS):
        assert routing_of(in_xml, router) == routing_of(in_json, router)


@given(TWIN_EVENTS, XML_STYLES)
def test_f72_an_event_is_routed_alike_in_json_and_xml(event: dict[str, Any], style: XmlStyle) -> None:
    """Generated events fire the same routes with the same targets and contents, or fail for the same cause."""
    check_twins(event, style)


SAMPLES = sorted(EVENTS.glob("*.json"))
STYLES = [
    XmlStyle(),
    XmlStyle(label="UTF-16"),
    XmlStyle(encoding="utf-16", attributes=' xsi:nil="true"', space="\n"),
]


def undescribed(value: Any) -> Any:
    """Return a copy without descriptions of codes."""
    if isinstance(value, list):
        return [undescribed(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {name: undescribed(member) for name, member in value.items() if name != "desc"}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("change", [dict, undescribed])
def test_f72_every_sample_is_routed_like_its_xml_twin(path: Path, change: Callable[[Any], Any]) -> None:
    """Each sample has the same routing in every style of XML, with and without descriptions of its codes."""
    event = change(json.loads(path.read_text("utf-8")))
    for style in STYLES:
        check_twins(event, style)
