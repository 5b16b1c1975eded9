"""The targets that routes name: there or not, and state machines of the type STANDARD."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.doctor.subject import Subject
from scripts.doctor.targets import checks
from tests.samples import STAGES
from tests.scripts.doctor.subjects import BAD, OK, PREFIX, UNKNOWN, found
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
    """Answers for EventBridge and Lambda, which moto does not have without more packages."""
    with Stubber(subject.scope.aws.events) as events, Stubber(subject.scope.aws.functions) as functions:
        yield events, functions


def test_targets_that_are_there_are_well(subject: Subject, stubs: tuple[Stubber, Stubber], tmp_path: Path) -> None:
    """Each kind, by name and by ARN, in one line; what only an event tells is said."""
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


def test_targets_that_are_gone_are_bad_each(subject: Subject, stubs: tuple[Stubber, Stubber], tmp_path: Path) -> None:
    """The ones that are there are counted; AWS' code for it is another for each service."""
    state_machine(subject, "pod")
    events, functions = stubs
    events.add_client_error("describe_event_bus", "ResourceNotFoundException")
    functions.add_client_error("get_function_configuration", "ResourceNotFoundException")
    gone = (f"topic: '{TOPIC}'", f"queue: '{QUEUE}'", f"event_bus: '{BUS}'", f"function: '{FUNCTION}'")
    entries = ("state_machine: pod", "state_machine: timdex", *gone)
    *bad, last = found(checks, delivering(subject, tmp_path, *entries))
    assert [finding.state for finding in bad] == [BAD] * 5
    for arn in (TOPIC, QUEUE, BUS, FUNCTION, f"{MACHINES}timdex"):
        assert sum(f"{arn} does not exist" in finding.message for finding in bad) == 1
    assert last.message == "2 of 7 targets exist"
    fixes = {finding.fix for finding in bad}
    assert fixes == {
        "recreate it, or remove it from the routes and deploy them",
        "alma-webhooks doctor --fix --stage dev",
    }


def test_f74_a_deleted_topic_of_the_stack_is_told_with_what_recreates_it(subject: Subject, tmp_path: Path) -> None:
    """Whether a route names it or not; a deployment would find nothing to change."""
    subject = with_outputs(subject, Topics="other,unnamed")
    *bad, rest = found(checks, delivering(subject, tmp_path, "topic: other"))
    assert ["-other does not exist" in bad[0].message, "-unnamed does not exist" in bad[1].message] == [True, True]
    assert {finding.fix for finding in bad} == {"alma-webhooks doctor --fix --stage dev"}
    assert rest.message == "1 of 3 targets exists"


def test_a_deleted_state_machine_of_the_institutions_own_is_not_recreated(subject: Subject, tmp_path: Path) -> None:
    """Its parameter names it, so it is theirs."""
    subject = with_parameters(delivering(subject, tmp_path, "state_machine: pod"), PodStateMachineArn=f"{MACHINES}pod")
    finding = found(checks, subject)[0]
    command = f"deploy --parameter PodStateMachineArn=ARN --allow-removal {MACHINES}pod --stage dev"
    assert command in finding.fix  # without it the deployment is rejected, for it takes the old one away


def test_f57_the_heartbeats_topic_is_looked_at_too(subject: Subject, tmp_path: Path) -> None:
    """No routes file names it, and the stack makes it, so the stack makes it again."""
    subject.scope.aws.sns.delete_topic(TopicArn=f"{PREFIX}heartbeat")
    state_machine(subject, "pod")
    bad, rest = found(checks, delivering(subject, tmp_path, "state_machine: pod"))
    assert bad.state == BAD
    assert bad.message == f"the topic {PREFIX}heartbeat does not exist, so its events become dead letters"
    assert bad.fix == "alma-webhooks doctor --fix --stage dev"
    assert rest.message == "1 of 2 targets exists"


def test_an_express_state_machine_is_bad(subject: Subject, tmp_path: Path) -> None:
    """It may run twice for one event."""
    state_machine(subject, "pod", "EXPRESS")
    finding, _ = found(checks, delivering(subject, tmp_path, "state_machine: pod"))
    assert (finding.state, finding.message) == (BAD, f"the state machine {MACHINES}pod is EXPRESS")
    assert finding.fix.startswith("use a STANDARD state machine")


def test_a_state_machine_that_is_being_deleted_is_bad(subject: Subject, tmp_path: Path) -> None:
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
    assert (finding.state, finding.message) == (BAD, f"the state machine {MACHINES}pod is being deleted")


def test_a_target_that_may_not_be_looked_at_is_unknown(subject: Subject, tmp_path: Path) -> None:
    """And the others are looked at all the same."""
    state_machine(subject, "pod")
    with Stubber(subject.scope.aws.sns) as stub:
        for _ in ("theirs", "heartbeat"):
            stub.add_client_error("get_topic_attributes", "AuthorizationError")
        findings = found(checks, delivering(subject, tmp_path, f"topic: '{TOPIC}'", "state_machine: pod"))
    assert [finding.state for finding in findings] == [UNKNOWN, UNKNOWN, OK]
    assert findings[0].fix == "grant your role sns:GetTopicAttributes"


def test_invalid_routes_name_no_targets(subject: Subject, tmp_path: Path) -> None:
    """What they would name is not known; the stack's own topics are looked at all the same."""
    path = tmp_path / "routes.yaml"
    path.write_text(f"{STAGES}routes: []")
    unknown, looked_at = found(checks, subject._replace(routes=path))
    assert (looked_at.state, looked_at.message) == (OK, "1 of 1 target exists")
    assert unknown.state == UNKNOWN
