"""Test the checks of the routes: their problems, their permissions and their targets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.doctor.check import Health, Subject
from scripts.routes.judged_routes import RoutesFileCopy
from tests.infra.complete_example import TOPICS
from tests.samples import STAGES
from tests.scripts.doctor.subjects import OK, PREFIX, UNHEALTHY, UNKNOWN, found

QUEUE = "arn:aws:sqs:us-east-1:123456789012:theirs"
ALIAS = "arn:aws:states:us-east-1:123456789012:stateMachine:theirs:PROD"
TOPIC = "arn:aws:sns:us-east-1:123456789012:theirs"


def delivering(subject: Subject, folder: Path, *entries: str, stages: str = STAGES) -> Subject:
    """Return the subject with a routes file whose only route delivers to these targets."""
    path = folder / "routes.yaml"
    path.write_text(f"{stages}routes: [{{name: a, deliver: [{', '.join(f'{{{entry}}}' for entry in entries)}]}}]")
    return subject._replace(routes=path)


def with_parameters(subject: Subject, **parameters: str) -> Subject:
    return subject._replace(pipeline=subject.pipeline._replace(parameters=parameters))


def with_outputs(subject: Subject, **outputs: str) -> Subject:
    stack = subject.scope.stack._replace(outputs=subject.scope.stack.outputs | outputs)
    return subject._replace(scope=subject.scope._replace(stack=stack))


def test_the_default_routes_are_healthy(subject: Subject) -> None:
    """They use no target outside a stack with default topics."""
    valid, permitted = found(with_outputs(subject, Topics=",".join(TOPICS)), "routes", "permissions")
    assert (valid.state, permitted.state) == (OK, OK)
    assert valid.message.endswith("routes.yaml may not be deployed: the stack does not say which routes file it runs")


def test_f74_the_deployed_routes_are_checked(subject: Subject, tmp_path: Path) -> None:
    """If a file is passed, the finding says whether it is deployed, and how to deploy it."""
    named = delivering(subject, tmp_path, f"topic: '{PREFIX}one'")
    path = tmp_path / "routes.yaml"
    copy = RoutesFileCopy(path.read_bytes())
    s3 = subject.scope.aws.s3
    s3.create_bucket(Bucket="artefacts")
    s3.put_object(Bucket="artefacts", Key=copy.key, Body=copy.content)
    named = with_outputs(named, CodeBucket="artefacts", RoutesDigest=copy.digest)
    [deployed, _] = found(named._replace(routes=None), "routes", "permissions")
    assert (deployed.state, deployed.message, deployed.fix) == (OK, "the deployed routes file is valid", "")
    [same, _] = found(named, "routes", "permissions")
    assert (same.message, same.fix) == (f"{path} is valid; {path} is deployed", "")
    path.write_text(path.read_text() + "# more\n")
    [other, _] = found(named, "routes", "permissions")
    assert other.message == f"{path} is valid; {path} is not deployed"
    assert other.fix == "alma-webhooks deploy --stage dev"
    s3.delete_object(Bucket="artefacts", Key=copy.key)
    unknown, needed = found(named._replace(routes=None), "routes", "permissions")
    assert (unknown.state, needed.state) == (UNKNOWN, UNKNOWN)
    assert unknown.message.startswith("cannot be read: AWS answers NoSuchKey")


def test_invalid_deployed_routes_are_unhealthy(subject: Subject) -> None:
    """The stack may have lost a topic that they use; the fix deploys others."""
    copy = RoutesFileCopy(f"{STAGES}routes: [{{name: a, deliver: [{{topic: gone}}]}}]".encode())
    subject.scope.aws.s3.create_bucket(Bucket="artefacts")
    subject.scope.aws.s3.put_object(Bucket="artefacts", Key=copy.key, Body=copy.content)
    subject = with_outputs(subject, CodeBucket="artefacts", RoutesDigest=copy.digest)
    [unhealthy, _] = found(subject._replace(routes=None), "routes", "permissions")
    assert unhealthy.message.startswith("the deployed routes file: line 2, route a")
    assert unhealthy.fix == "correct routes.yaml; then alma-webhooks deploy --stage dev"


def test_an_invalid_routes_file_is_unhealthy(subject: Subject, tmp_path: Path) -> None:
    """Line and route are named; permissions and targets are unknown then."""
    valid, needed = found(delivering(subject, tmp_path, "topic: nowhere"), "routes", "permissions")
    assert (valid.state, needed.state) == (UNHEALTHY, UNKNOWN)
    assert "routes.yaml: line 2, route a" in valid.message
    assert "the stack has no topic nowhere" in valid.message
    assert "alma-webhooks routes check" in valid.fix


@pytest.mark.parametrize(
    ("entry", "parameters", "state"),
    [
        (f"queue: '{QUEUE}'", {}, UNHEALTHY),
        (f"queue: '{QUEUE}'", {"QueueArns": f"{QUEUE}-2"}, UNHEALTHY),
        (f"queue: '{QUEUE}'", {"OutsideTopicArns": QUEUE}, UNHEALTHY),
        (f"queue: '{QUEUE}'", {"QueueArns": f"{QUEUE}-2, {QUEUE}"}, OK),
        (f"queue: '{QUEUE}'", {"QueueArns": "arn:aws:sqs:us-east-1:123456789012:*"}, OK),
        (f"topic: '{TOPIC}'", {}, UNHEALTHY),
        (f"topic: '{PREFIX}one'", {}, OK),
        ("state_machine: 'arn:aws:states:us-east-1:123456789012:stateMachine:pod'", {}, OK),
        ("state_machine: 'arn:aws:states:us-east-1:123456789012:stateMachine:theirs'", {}, UNHEALTHY),
        ("state_machine: 'arn:aws:states:us-east-1:123456789012:stateMachine:pod:PROD'", {}, OK),
        (f"state_machine: '{ALIAS}'", {}, UNHEALTHY),
        (f"state_machine: '{ALIAS}'", {"OutsideStateMachineArns": ALIAS}, UNHEALTHY),
        (f"state_machine: '{ALIAS}'", {"OutsideStateMachineArns": ALIAS.removesuffix(":PROD")}, OK),
    ],
)
def test_missing_permissions_are_unhealthy(
    subject: Subject, tmp_path: Path, entry: str, parameters: dict[str, str], state: Health
) -> None:
    """The deployed parameters count; targets of the stack itself need none.

    An alias needs the right on its state machine, as AWS checks it.
    """
    subject = with_parameters(delivering(subject, tmp_path, entry), **parameters)
    findings = found(subject, "permissions")
    assert {finding.state for finding in findings} == {state}


def test_a_declared_alias_gives_the_right_on_its_state_machine(subject: Subject, tmp_path: Path) -> None:
    """The role has it, so an ARN in an entry needs no parameter; another state machine does."""
    subject = with_outputs(subject, StateMachineArns=json.dumps({"pod": ALIAS}))
    own = found(delivering(subject, tmp_path, f"state_machine: '{ALIAS.removesuffix(':PROD')}'"), "permissions")
    other = found(delivering(subject, tmp_path, f"state_machine: '{MACHINES}other:PROD'"), "permissions")
    assert [finding.state for finding in (*own, *other)] == [OK, UNHEALTHY]


def test_the_fix_of_a_missing_right_is_a_deployment(subject: Subject, tmp_path: Path) -> None:
    """Each missing right is a finding; a deployment allows the ARNs of the routes."""
    findings = found(delivering(subject, tmp_path, f"queue: '{QUEUE}'"), "permissions")
    assert [finding.message for finding in findings] == [
        f"the processor lacks {action} on {QUEUE}, which a route uses"
        for action in ("sqs:SendMessage", "sqs:GetQueueUrl")
    ]
    assert {finding.fix for finding in findings} == {"alma-webhooks deploy --stage dev"}


def test_only_this_stages_arns_count(subject: Subject, tmp_path: Path) -> None:
    """ARNs in the variables of other stages are ignored."""
    stages = f"stages: {{dev: {{there: '{QUEUE}'}}, stg: {{there: '{QUEUE}-stg'}}, prod: {{there: '{QUEUE}-prod'}}}}\n"
    subject = delivering(subject, tmp_path, 'queue: "{{ there }}"', stages=stages)
    [finding] = found(with_parameters(subject, QueueArns=QUEUE), "permissions")
    assert (finding.state, finding.message) == (OK, "1 ARN outside the stack, allowed")


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
    [finding] = found(delivering(subject, tmp_path, *entries, *more), "targets")
    assert (finding.state, finding.fix) == (OK, "")
    assert finding.message == "6 of 6 targets exist; 1 more depends on the event"


def test_fifo_targets_and_versions_are_looked_up(subject: Subject, tmp_path: Path) -> None:
    """By their whole names. Mock AWS describes a version, but no alias."""
    subject.scope.aws.sns.create_topic(Name="theirs.fifo", Attributes={"FifoTopic": "true"})
    subject.scope.aws.sqs.create_queue(QueueName="theirs.fifo", Attributes={"FifoQueue": "true"})
    state_machine(subject, "theirs")
    subject.scope.aws.states.update_state_machine(stateMachineArn=f"{MACHINES}theirs", publish=True)
    entries = [f"topic: '{TOPIC}.fifo'", f"queue: '{QUEUE}.fifo'", f"state_machine: '{MACHINES}theirs:1'"]
    [finding] = found(delivering(subject, tmp_path, *entries), "targets")
    assert (finding.state, finding.message) == (OK, "4 of 4 targets exist")
    gone, _ = found(delivering(subject, tmp_path, *entries[:2], f"state_machine: '{MACHINES}theirs:2'"), "targets")
    assert f"{MACHINES}theirs:2 does not exist" in gone.message


def test_an_alias_is_looked_up(subject: Subject, tmp_path: Path) -> None:
    """AWS describes it like its state machine ("DescribeStateMachine"), also one that is EXPRESS."""
    subject = with_outputs(delivering(subject, tmp_path, f"state_machine: '{ALIAS}'"), Topics="")
    answer: Any = {
        "stateMachineArn": ALIAS,
        "name": "theirs",
        "type": "EXPRESS",
        "definition": "{}",
        "roleArn": "arn:aws:iam::123456789012:role/r",
        "creationDate": subject.local_time,
    }
    with Stubber(subject.scope.aws.states) as stub:
        stub.add_response("describe_state_machine", answer, {"stateMachineArn": ALIAS})
        finding, _ = found(subject, "targets")
    assert (finding.state, finding.message) == (UNHEALTHY, f"the state machine {ALIAS} is EXPRESS")


def test_each_missing_target_is_unhealthy(subject: Subject, stubs: tuple[Stubber, Stubber], tmp_path: Path) -> None:
    """Existing targets are counted; each service has its own error code."""
    state_machine(subject, "pod")
    events, functions = stubs
    events.add_client_error("describe_event_bus", "ResourceNotFoundException")
    functions.add_client_error("get_function_configuration", "ResourceNotFoundException")
    gone = (f"topic: '{TOPIC}'", f"queue: '{QUEUE}'", f"event_bus: '{BUS}'", f"function: '{FUNCTION}'")
    entries = ("state_machine: pod", "state_machine: timdex", *gone)
    *unhealthy, last = found(delivering(subject, tmp_path, *entries), "targets")
    assert [finding.state for finding in unhealthy] == [UNHEALTHY] * 5
    for arn in (TOPIC, QUEUE, BUS, FUNCTION, f"{MACHINES}timdex"):
        assert sum(f"{arn} does not exist" in finding.message for finding in unhealthy) == 1
    assert last.message == "2 of 7 targets exist"
    fixes = {finding.fix for finding in unhealthy}
    assert fixes == {
        "recreate it, or remove it from the routes and deploy them",
        "recreate it, or change its ARN in routes.yaml; then alma-webhooks deploy --allow-removal timdex --stage dev",
    }


def test_topics_of_notifications_are_looked_up_in_their_table(subject: Subject, tmp_path: Path) -> None:
    """A missing one is unhealthy, and so is every one if the stack has no notifications."""
    aws, name = subject.scope.aws, subject.scope.stack.name
    aws.dynamodb.create_table(
        TableName=f"{name}-notifications-topics",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}],
    )
    item = {"Name": {"S": "library+jobs"}, "Id": {"S": "x"}}
    aws.dynamodb.put_item(TableName=f"{name}-notifications-topics", Item=item)
    named = delivering(subject, tmp_path, "notification: library/jobs", "notification: library/loans")
    found_off = found(named, "targets")
    stack = named.scope.stack._replace(parameters={"Notifications": "true"})
    named = named._replace(scope=named.scope._replace(stack=stack))
    [missing, *_] = found(named, "targets")
    assert missing.state == UNHEALTHY
    assert missing.message == (
        "the stack has no notification library/loans, which a route uses: there is no such topic; add it to "
        "notifications.yaml and run alma-webhooks topics apply"
    )
    off = [each.message for each in found_off if "the stack has no notifications; write" in each.message]
    assert len(off) == 2


def test_f74_a_deleted_topic_of_the_stack_is_fixed_by_doctor(subject: Subject, tmp_path: Path) -> None:
    """A deployment would find nothing to change."""
    subject = with_outputs(subject, Topics="other,unnamed")
    *unhealthy, rest = found(delivering(subject, tmp_path, "topic: other"), "targets")
    assert ["-other does not exist" in unhealthy[0].message, "-unnamed does not exist" in unhealthy[1].message] == [
        True,
        True,
    ]
    assert {finding.fix for finding in unhealthy} == {"alma-webhooks doctor --fix --stage dev"}
    assert rest.message == "1 of 3 targets exists"


def test_a_deleted_state_machine_of_the_institutions_own_is_not_recreated(subject: Subject, tmp_path: Path) -> None:
    """Its name does not begin with the stack's, so the stack did not create it."""
    subject = delivering(subject, tmp_path, "state_machine: pod")
    command = "alma-webhooks deploy --allow-removal pod --stage dev"
    assert command in found(subject, "targets")[0].fix  # the flag: its old ARN is removed
    own = f"{MACHINES}{subject.scope.stack.name}-pod"
    subject = with_outputs(subject, StateMachineArns=json.dumps({"pod": own}))
    assert found(subject, "targets")[0].fix == "alma-webhooks doctor --fix --stage dev"


def test_f57_the_topic_of_the_heartbeat_is_checked_too(subject: Subject, tmp_path: Path) -> None:
    """No routes file uses it, but the stack creates it."""
    subject.scope.aws.sns.delete_topic(TopicArn=f"{PREFIX}heartbeat")
    state_machine(subject, "pod")
    unhealthy, rest = found(delivering(subject, tmp_path, "state_machine: pod"), "targets")
    assert unhealthy.state == UNHEALTHY
    assert unhealthy.message == f"the topic {PREFIX}heartbeat does not exist, so its events become dead letters"
    assert unhealthy.fix == "alma-webhooks doctor --fix --stage dev"
    assert rest.message == "1 of 2 targets exists"


def test_an_express_state_machine_is_unhealthy(subject: Subject, tmp_path: Path) -> None:
    """It may run twice for one event."""
    state_machine(subject, "pod", "EXPRESS")
    finding, _ = found(delivering(subject, tmp_path, "state_machine: pod"), "targets")
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
        finding, _ = found(delivering(subject, tmp_path, "state_machine: pod"), "targets")
    assert (finding.state, finding.message) == (UNHEALTHY, f"the state machine {MACHINES}pod is being deleted")


def test_a_target_without_access_is_unknown(subject: Subject, tmp_path: Path) -> None:
    """The other targets are still checked."""
    state_machine(subject, "pod")
    with Stubber(subject.scope.aws.sns) as stub:
        for _ in ("theirs", "heartbeat"):
            stub.add_client_error("get_topic_attributes", "AuthorizationError")
        findings = found(delivering(subject, tmp_path, f"topic: '{TOPIC}'", "state_machine: pod"), "targets")
    assert [finding.state for finding in findings] == [UNKNOWN, UNKNOWN, OK]
    assert findings[0].fix == "grant your role sns:GetTopicAttributes"


def test_invalid_routes_name_no_targets(subject: Subject, tmp_path: Path) -> None:
    """The topics of the stack are still checked."""
    path = tmp_path / "routes.yaml"
    path.write_text(f"{STAGES}routes: []")
    unknown, looked_at = found(subject._replace(routes=path), "targets")
    assert (looked_at.state, looked_at.message) == (OK, "1 of 1 target exists")
    assert unknown.state == UNKNOWN
