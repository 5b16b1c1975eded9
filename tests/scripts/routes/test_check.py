"""Test the check of routes against the targets that the file declares."""

import pytest

from processor.routing.compile import compile_routes
from processor.routing.models import InvalidRoutesError
from scripts.aws.template import load
from scripts.project.mistakes import text_of
from scripts.routes.check import ROUTES, compile_checked, declared_names, permissions
from tests.infra.test_pipeline_template import statements
from tests.samples import STAGES

TARGETS = {"topic": ("other", "x-Dev2", "loan-created"), "state_machine": ("pod",)}


def found(routes: str) -> list[str]:
    try:
        compile_checked(f"{STAGES}routes:\n{routes}", TARGETS)
    except InvalidRoutesError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_the_default_routes_have_no_problem() -> None:
    """The routes in the repository can be deployed."""
    assert compile_checked(text_of(ROUTES)).routes


def test_the_names_are_those_that_the_file_declares() -> None:
    """Adding one there is enough."""
    names = declared_names(compile_checked(text_of(ROUTES)).file.routes)
    assert {"loan-created", "other", "heartbeat"} < names["topic"]
    assert names["state_machine"] == {"pod", "timdex", "bursar"}


@pytest.mark.parametrize(
    ("deliver", "reason"),
    [
        ("{topic: nosuch}", "line 3, route a, deliver[0].topic: the stack has no topic nosuch; add it to topics"),
        ("{state_machine: other}", "line 3, route a, deliver[0].state_machine: the stack has no state machine other"),
        ('{topic: "{{ event.value | slug }}"}', "line 3, route a, deliver[0].topic: the stack has no topic loan-burnt"),
        ("{queue: q}", "the stack has no queue q; use its ARN"),
        ("{topic: 'arn:aws:sns:eu-west-1:mine'}", "arn:aws:sns:eu-west-1:mine is not the ARN of a topic"),
        ("{function: 'arn:aws:sqs:us-east-1:123456789012:q'}", "is not the ARN of a function"),
        ("{topic: 'arn:aws:sns:eu-west-1:123456789012:x.fifo.fifo'}", "x.fifo.fifo is not the ARN of a topic"),
        ("{queue: 'arn:aws:sqs:eu-west-1:123456789012:x.y'}", "x.y is not the ARN of a queue"),
        (
            "{state_machine: 'arn:aws:states:eu-west-1:123456789012:stateMachine:s:1:2'}",
            "s:1:2 is not the ARN of a state machine",
        ),
        (
            '{topic: "{{ kind }}-{{ marker }}"}',
            "route a, deliver[0].topic: the stack has no topic x-Dev1, x-prod, x-st",
        ),
    ],
)
def test_a_target_that_the_stack_does_not_have_is_found(deliver: str, reason: str) -> None:
    """Names are rendered for the values that `when` lists."""
    when = "{event: {value: [LOAN_CREATED, LOAN_BURNT]}}"
    [problem] = found(f"  - {{name: a, when: {when}, let: {{kind: x}}, deliver: [{deliver}]}}")
    assert reason in problem


def test_fields_that_no_template_names_are_not_combined() -> None:
    """So any number of their values does not hide a wrong name."""
    many = f"[{', '.join(f'x{number}' for number in range(40))}]"
    when = f"{{event: {{value: [LOAN_CREATED, LOAN_BURNT]}}, id: {many}, time: {many}}}"
    [problem] = found(f'  - {{name: a, when: {when}, deliver: [{{topic: "{{{{ event.value | slug }}}}"}}]}}')
    assert "no topic loan-burnt" in problem


@pytest.mark.parametrize(
    "deliver",
    [
        "{topic: other}",
        "{topic: 'arn:aws:sns:us-east-1:123456789012:elsewhere'}",
        "{topic: '{{ item_loan.library.value }}'}",
        "{state_machine: pod}",
        "{queue: 'arn:aws:sqs:us-east-1:123456789012:q'}",
        "{queue: 'arn:aws:sqs:us-east-1:123456789012:q.fifo'}",
        "{topic: 'arn:aws:sns:us-east-1:123456789012:t.fifo'}",
        "{state_machine: 'arn:aws:states:us-east-1:123456789012:stateMachine:s:3'}",
        "{state_machine: 'arn:aws:states:us-east-1:123456789012:stateMachine:s:a.PROD'}",
        "{event_bus: 'arn:aws:events:us-east-1:123456789012:event-bus/b'}",
        "{notification: library/jobs}",
        "{function: 'arn:aws:lambda:us-east-1:123456789012:function:f'}",
    ],
)
def test_known_targets_and_those_that_depend_on_the_event_pass(deliver: str) -> None:
    """Names of the stack, ARNs, and names that depend on the event are accepted."""
    assert found(f"  - {{name: a, when: {{action: [LOAN]}}, deliver: [{deliver}]}}") == []


def test_other_problems_come_first() -> None:
    """The targets of an invalid file are not checked."""
    [problem] = found("  - {name: a, if: '(', deliver: [{topic: nosuch}]}")
    assert "if: " in problem


@pytest.mark.parametrize("topic", ["heartbeat", "'{{ \"Heartbeat\" | slug }}'"])
def test_f57_a_route_cannot_name_the_heartbeats_topic(topic: str) -> None:
    """Neither literally nor by a template that always renders it."""
    assert found(f"  - {{name: a, deliver: [{{topic: {topic}}}]}}") == [
        "line 3, route a, deliver[0].topic: the topic heartbeat is reserved for the product's own heartbeat; choose "
        "another topic"
    ]


def test_f57_a_route_cannot_have_the_heartbeats_name() -> None:
    """The built-in route is identified by its name."""
    [problem] = found("  - {name: heartbeat, deliver: [{topic: other}]}")
    assert problem == (
        "line 3, route heartbeat, name: the name heartbeat is reserved for the product's own route; choose another name"
    )


@pytest.mark.parametrize(
    ("deliver", "needed"),
    [
        ("topic: 'arn:aws:sns:r:123456789012:t'", [("sns:Publish", "OutsideTopicArns")]),
        ("state_machine: 'arn:aws:states:r:1:stateMachine:s'", [("states:StartExecution", "OutsideStateMachineArns")]),
        ("topic: 'arn:aws:sns:r:1:t.fifo'", [("sns:Publish", "OutsideTopicArns")]),
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


def test_a_version_or_alias_needs_the_right_to_start_its_state_machine() -> None:
    """AWS checks rights on the ARN without version and alias, so two aliases need one right."""
    arn = "arn:aws:states:r:1:stateMachine:s"
    deliver = f"[{{state_machine: '{arn}:PROD'}}, {{state_machine: '{arn}:3'}}]"
    found = permissions(compile_routes(f"{STAGES}routes: [{{name: a, deliver: {deliver}}}]"))
    assert [(permission.action, permission.arn) for permission in found] == [("states:StartExecution", arn)]


def test_the_parameters_give_the_role_those_actions() -> None:
    """Each parameter is in the template, and the processor's role allows its actions on it only."""
    everything = "topic: 'arn:a'", "state_machine: 'arn:b'", "queue: 'arn:c'", "event_bus: 'arn:d'", "function: 'arn:e'"
    entries = ", ".join(f"{{{entry}}}" for entry in everything)
    for permission in permissions(compile_routes(f"{STAGES}routes: [{{name: a, deliver: [{entries}]}}]")):
        assert permission.parameter in load()["Parameters"]
        allowing = [s for s in statements("ProcessorRole") if s["Resource"] == {"Ref": permission.parameter}]
        assert any(permission.action in s["Action"] for s in allowing)
