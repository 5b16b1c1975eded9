"""Test that targets of routes must exist, and that state machines must be STANDARD."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.doctor.subject import Subject
from scripts.doctor.targets import checks
from tests.samples import STAGES
from tests.scripts.doctor.subjects import OK, PREFIX, UNHEALTHY, UNKNOWN, found
from tests.scripts.doctor.test_routes import QUEUE, TOPIC, delivering, with_outputs, with_parameters

BUS = "arn:aws:events:us-east-1:123456789012:event-bus/theirs"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:theirs"
MACHINES = "arn:aws:states:us-east-1:123456789012:stateMachine:"


def state_machine(subject: Subject, name: str, type_: str = "STANDARD") -> None:
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    subject.scope.aws.states.create_state_machine(
        name=name,
        definition=definition,
        roleArn="arn:aws:iam::123456789012:role/r",
        type=type_,  # type: ignore[arg-type] # plain text
    )


@pytest.fixture
def stubs(subject: Subject) -> Iterator[tuple[Stubber, Stubber]]:
    """Stub EventBridge and Lambda, for which moto needs more packages."""
    with Stubber(subject.scope.aws.events) as events, Stubber(subject.scope.aws.functions) as functions:
        yield events, functions


def test_existing_targets_are_healthy(subject: Subject, stubs: tuple[Stubber, Stubber], tmp_path: Path) -> None:
    """All kinds of targets, by name and by ARN, are counted in one line."""
    subject.scope.aws.sns.create_topic(Name="theirs")
    subject.scope.aws.sqs.create_queue(QueueName="theirs")
    state_machine(subject, "pod")
    events, functions = stubs
    events.add_response("describe_event_bus", {"Name": "theirs"}, {"Name": BUS})
    functions.add_response("get_function_configuration", {"FunctionName": "theirs"}, {"FunctionName": FUNCTION})
    entries = ("state_machine: pod", f"topic: '{TOPIC}'", f"queue: '{QUEUE}'", f"event_bus: '{BUS}'")
    more = (f"function: '{FUNCTION}'", 'topic: "{{ item_loan.library.value }}"')
    [finding] = found(checks, delivering(subject, tmp_path, *entries, *more))
    assert (finding.state, finding.fix) == (OK, "")
    assert finding.message == "6 of 6 targets exist; 1 more depends on the event"


def test_each_missing_target_is_unhealthy(subject: Subject, stubs: tuple[Stubber, Stubber], tmp_path: Path) -> None:
    """Existing targets are counted; each service has its own error code."""
    state_machine(subject, "pod")
    events, functions = stubs
    events.add_client_error("describe_event_bus", "ResourceNotFoundException")
    functions.add_client_error("get_function_configuration", "ResourceNotFoundException")
    gone = (f"topic: '{TOPIC}'", f"queue: '{QUEUE}'", f"event_bus: '{BUS}'", f"function: '{FUNCTION}'")
    entries = ("state_machine: pod", "state_machine: timdex", *gone)
    *unhealthy, last = found(checks, delivering(subject, tmp_path, *entries))
    assert [finding.state for finding in unhealthy] == [UNHEALTHY] * 5
    for arn in (TOPIC, QUEUE, BUS, FUNCTION, f"{MACHINES}timdex"):
        assert sum(f"{arn} does not exist" in finding.message for finding in unhealthy) == 1
    assert last.message == "2 of 7 targets exist"
    fixes = {finding.fix for finding in unhealthy}
    assert fixes == {
        "recreate it, or remove it from the routes and deploy them",
        "alma-webhooks doctor --fix --stage dev",
    }


def test_f74_a_deleted_topic_of_the_stack_is_fixed_by_doctor(subject: Subject, tmp_path: Path) -> None:
    """A deployment would find nothing to change."""
    subject = with_outputs(subject, Topics="other,unnamed")
    *unhealthy, rest = found(checks, delivering(subject, tmp_path, "topic: other"))
    assert ["-other does not exist" in unhealthy[0].message, "-unnamed does not exist" in unhealthy[1].message] == [
        True,
        True,
    ]
    assert {finding.fix for finding in unhealthy} == {"alma-webhooks doctor --fix --stage dev"}
    assert rest.message == "1 of 3 targets exists"


def test_a_deleted_state_machine_of_the_institutions_own_is_not_recreated(subject: Subject, tmp_path: Path) -> None:
    """A parameter names it, so the stack did not create it."""
    subject = with_parameters(delivering(subject, tmp_path, "state_machine: pod"), PodStateMachineArn=f"{MACHINES}pod")
    finding = found(checks, subject)[0]
    command = f"deploy --parameter PodStateMachineArn=ARN --allow-removal {MACHINES}pod --stage dev"
    assert command in finding.fix  # otherwise the deployment is rejected, because it removes the old one


def test_f57_the_topic_of_the_heartbeat_is_checked_too(subject: Subject, tmp_path: Path) -> None:
    """No routes file uses it, but the stack creates it."""
    subject.scope.aws.sns.delete_topic(TopicArn=f"{PREFIX}heartbeat")
    state_machine(subject, "pod")
    unhealthy, rest = found(checks, delivering(subject, tmp_path, "state_machine: pod"))
    assert unhealthy.state == UNHEALTHY
    assert unhealthy.message == f"the topic {PREFIX}heartbeat does not exist, so its events become dead letters"
    assert unhealthy.fix == "alma-webhooks doctor --fix --stage dev"
    assert rest.message == "1 of 2 targets exists"


def test_an_express_state_machine_is_unhealthy(subject: Subject, tmp_path: Path) -> None:
    """It may run twice for one event."""
    state_machine(subject, "pod", "EXPRESS")
    finding, _ = found(checks, delivering(subject, tmp_path, "state_machine: pod"))
    assert (finding.state, finding.message) == (UNHEALTHY, f"the state machine {MACHINES}pod is EXPRESS")
    assert finding.fix.startswith("use a STANDARD state machine")


def test_a_state_machine_that_is_being_deleted_is_unhealthy(subject: Subject, tmp_path: Path) -> None:
    """It starts no more executions."""
    answer: Any = {
        "stateMachineArn": f"{MACHINES}pod",
        "name": "pod",
        "type": "STANDARD",
        "status": "DELETING",
        "definition": "{}",
        "roleArn": "arn:aws:iam::123456789012:role/r",
        "creationDate": subject.local_time,
    }
    with Stubber(subject.scope.aws.states) as stub:
        stub.add_response("describe_state_machine", answer)
        finding, _ = found(checks, delivering(subject, tmp_path, "state_machine: pod"))
    assert (finding.state, finding.message) == (UNHEALTHY, f"the state machine {MACHINES}pod is being deleted")


def test_a_target_without_access_is_unknown(subject: Subject, tmp_path: Path) -> None:
    """The other targets are still checked."""
    state_machine(subject, "pod")
    with Stubber(subject.scope.aws.sns) as stub:
        for _ in ("theirs", "heartbeat"):
            stub.add_client_error("get_topic_attributes", "AuthorizationError")
        findings = found(checks, delivering(subject, tmp_path, f"topic: '{TOPIC}'", "state_machine: pod"))
    assert [finding.state for finding in findings] == [UNKNOWN, UNKNOWN, OK]
    assert findings[0].fix == "grant your role sns:GetTopicAttributes"


def test_invalid_routes_name_no_targets(subject: Subject, tmp_path: Path) -> None:
    """The topics of the stack are still checked."""
    path = tmp_path / "routes.yaml"
    path.write_text(f"{STAGES}routes: []")
    unknown, looked_at = found(checks, subject._replace(routes=path))
    assert (looked_at.state, looked_at.message) == (OK, "1 of 1 target exists")
    assert unknown.state == UNKNOWN
