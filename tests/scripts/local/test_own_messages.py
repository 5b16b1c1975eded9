"""Which expected deliveries to topics get an own message."""

import pytest

from processor.routing.compile import compile_routes
from scripts.alma_client.sample_entries import ExpectedDelivery
from scripts.local.own_messages import own_messages
from tests.samples import STAGES

HEAD = """topics: [one, two, Dev1]
state_machines: {pod: {arn: "arn:aws:states:us-east-1:123456789012:stateMachine:pod"}}
"""


@pytest.mark.parametrize(
    ("deliver", "own"),
    [
        ("{topic: one}, {topic: two}", set()),
        ("{topic: one}, {state_machine: pod, input: {a: b}}", set()),
        ("{topic: one}, {topic: two, message: hello}", {"topic:two"}),
        ("{topic: one, message: hello}, {topic: two, message: {a: b}}", {"topic:one", "topic:two"}),
        ("{topic: one}, {topic: '{{ marker }}', message: hello}", {"topic:Dev1"}),
        ("{topic: one}, {topic: '{{ id }}', message: hello}", {"topic:two", "topic:Dev1"}),
        ("{topic: one, message: hello}, {topic: '{{ id }}'}", {"topic:one"}),
    ],
)
def test_a_delivery_gets_an_own_message_by_its_route_and_target(deliver: str, own: set[str]) -> None:
    """An input of a state machine beside it, or a message for another topic, changes nothing for a body."""
    routes = compile_routes(f"{STAGES}{HEAD}routes:\n  - {{name: a, deliver: [{deliver}]}}\n")
    topics = [
        ExpectedDelivery(route=route, target=f"topic:{name}") for route in ("a", "b") for name in ("one", "two", "Dev1")
    ]
    pod = ExpectedDelivery(route="a", target="state_machine:pod", input={"a": "b"})
    assert own_messages(routes, "dev", [*topics, pod]) == {("a", target) for target in own}
