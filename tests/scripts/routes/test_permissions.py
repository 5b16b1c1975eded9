"""Test which permissions ARNs in routes need, and the parameters that grant them."""

import pytest

from processor.routing.compile import compile_routes
from scripts.aws.template import load
from scripts.routes.permissions import permissions
from tests.infra.test_pipeline_template import statements
from tests.samples import STAGES


@pytest.mark.parametrize(
    ("deliver", "needed"),
    [
        ("topic: 'arn:aws:sns:r:123456789012:t'", [("sns:Publish", "OutsideTopicArns")]),
        ("state_machine: 'arn:aws:states:r:1:stateMachine:s'", [("states:StartExecution", "OutsideStateMachineArns")]),
        ("queue: 'arn:aws:sqs:r:1:q'", [("sqs:SendMessage", "QueueArns"), ("sqs:GetQueueUrl", "QueueArns")]),
        ("event_bus: 'arn:aws:events:r:1:event-bus/b'", [("events:PutEvents", "EventBusArns")]),
        ("function: 'arn:aws:lambda:r:1:function:f'", [("lambda:InvokeFunction", "FunctionArns")]),
        ("topic: other", []),
        ("topic: '{{ item_loan.library.value }}'", []),
    ],
)
def test_each_arn_needs_its_action(deliver: str, needed: list[tuple[str, str]]) -> None:
    """Targets of the stack need nothing; targets that depend on the event are unknown."""
    routes = compile_routes(
        f"{STAGES}routes: [{{name: a, deliver: [{{{deliver}}}]}}, {{name: b, deliver: [{{{deliver}}}]}}]"
    )
    found = permissions(routes)
    assert [(permission.action, permission.parameter) for permission in found] == needed
    assert all(permission.arn in deliver for permission in found)


def test_the_parameters_give_the_role_those_actions() -> None:
    """Each parameter is in the template, and the processor's role allows its actions on it only."""
    everything = "topic: 'arn:a'", "state_machine: 'arn:b'", "queue: 'arn:c'", "event_bus: 'arn:d'", "function: 'arn:e'"
    entries = ", ".join(f"{{{entry}}}" for entry in everything)
    for permission in permissions(compile_routes(f"{STAGES}routes: [{{name: a, deliver: [{entries}]}}]")):
        assert permission.parameter in load()["Parameters"]
        allowing = [s for s in statements("ProcessorRole") if s["Resource"] == {"Ref": permission.parameter}]
        assert any(permission.action in s["Action"] for s in allowing)
