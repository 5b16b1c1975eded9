"""The project folder of a deployed stack, from what AWS answers about it."""

import json
from typing import Any

import pytest
from botocore.stub import Stubber

from processor.routing.models import read as read_routes
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import from_stack
from scripts.deploy.from_stack import DeployedProject
from scripts.project import folder
from scripts.routes.judged_routes import RoutesFileCopy
from tests.scripts.deploy.stacks import add_missing, described, mark_of

NAME = "library-dev"
PREFIX = "arn:aws:states:us-east-1:123456789012:stateMachine:"
MACHINES = {"pod": f"{PREFIX}{NAME}-pod", "timdex": f"{PREFIX}theirs"}
OLD = "# ours\nroutes:\n  - {name: loans, when: {action: [LOAN]}, deliver: [{topic: loans}]}\n"
DEFINITION = {"StartAt": "End", "States": {"End": {"Type": "Succeed", "Comment": "ü"}}}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def add_stack(stub: Stubber, routes: str, machines: dict[str, str]) -> None:
    """CloudFormation describes the pipeline, twice, and neither notifications nor alarms."""
    outputs = {
        "Mark": mark_of(project="library"),
        "Stage": "dev",
        "Topics": "loans",
        "CodeBucket": "code",
        "RoutesDigest": RoutesFileCopy(routes.encode()).digest,
        "StateMachineArns": json.dumps(machines),
        "Sentry": "off",
    }
    answer = described("CREATE_COMPLETE", outputs, Stage="dev", Profiles="alma", Alarms="essential")
    answer["Stacks"][0]["StackName"] = NAME
    stub.add_response("describe_stacks", answer)
    add_missing(stub)
    stub.add_response("describe_stacks", answer)
    add_missing(stub)


def add_resources(stub: Stubber, states: Stubber, created: list[str]) -> None:
    """The stack has these resources, and a template with the role of `pod`."""
    summaries = [
        {
            "LogicalResourceId": each,
            "ResourceType": "T",
            "LastUpdatedTimestamp": "2026-01-01",
            "ResourceStatus": "CREATE_COMPLETE",
        }
        for each in created
    ]
    stub.add_response("list_stack_resources", {"StackResourceSummaries": summaries})
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "p", "PolicyDocument": POLICY}]}}
    stub.add_response("get_template", {"TemplateBody": json.dumps({"Resources": {"PodStateMachineRole": role}})})
    answer: dict[str, Any] = {
        "stateMachineArn": MACHINES["pod"],
        "name": "pod",
        "definition": json.dumps(DEFINITION),
        "roleArn": "arn:aws:iam::123456789012:role/r",
        "type": "STANDARD",
        "creationDate": "2026-01-01",
    }
    states.add_response("describe_state_machine", answer, {"stateMachineArn": MACHINES["pod"]})


def read(aws: Aws, routes: str, machines: dict[str, str], *, stage: str | None = None) -> DeployedProject:
    """Read the folder of a stack with these routes, whose resources include the state machine pod."""
    aws.s3.create_bucket(Bucket="code")
    copy = RoutesFileCopy(routes.encode())
    aws.s3.put_object(Bucket="code", Key=copy.key, Body=copy.content)
    with Stubber(aws.cloudformation) as stub, Stubber(aws.states) as states:
        add_stack(stub, routes, machines)
        if machines:
            add_resources(stub, states, ["Api", "PodStateMachine"])
        return from_stack.read(aws, stage, NAME)


def test_a_stack_of_an_earlier_version_gets_its_topics_and_state_machines_declared(aws: Aws) -> None:
    """A machine that the stack created gets its definition as a file, another one its ARN; the routes stay."""
    found = read(aws, OLD, MACHINES)
    files = from_stack.files(found)
    text = files["routes.yaml"].decode()
    assert text.endswith(OLD.removeprefix("# ours\n"))
    routes = read_routes(text).routes
    assert routes.topic_names == ["loans"]
    assert routes.state_machines["timdex"].arn == {"dev": MACHINES["timdex"]}
    assert json.loads(files[str(routes.state_machines["pod"].definition)]) == DEFINITION
    assert "ü" in files["state-machines/pod.asl.json"].decode()
    assert from_stack.notes(found) == ["the stack has no alarms yet: the next deployment creates them"]


def test_a_stack_of_this_version_keeps_its_routes_byte_for_byte(aws: Aws) -> None:
    """The files are written where the routes name them, the rights of the state machine too."""
    routes = (
        "topics: [loans]\nstate_machines:\n  pod: {definition: own/pod.asl.yaml, policy: own/pod.yaml}\n"
        f"  timdex: {{definition: own/timdex.json, arn: {{dev: {MACHINES['timdex']}}}}}\n"
    ) + OLD
    found = read(aws, routes, MACHINES, stage="dev")
    files = from_stack.files(found)
    assert files["routes.yaml"] == routes.encode()
    assert json.loads(files["own/pod.asl.yaml"]) == DEFINITION
    assert json.loads(files["own/pod.yaml"]) == POLICY
    assert "own/timdex.json is not part of this stage" in from_stack.notes(found)[0]


def test_the_file_has_the_project_the_account_and_the_stack(aws: Aws, tmp_path: Any) -> None:
    """It can be read; the stack is named because it has not the usual name."""
    found = read(aws, "topics: [loans]\n" + OLD, {})
    files = from_stack.files(found)
    (tmp_path / folder.FILE).write_bytes(files[folder.FILE])
    file = folder.read(tmp_path / folder.FILE)
    assert (file.name, file.region, file.stages["dev"].stack) == ("library", "us-east-1", NAME)
    assert (file.stages["dev"].account, found.place.project) == ("123456789012", "library")
    assert {"README.md", ".gitignore", "events/index.yaml", "events/loan-created.json"} <= set(files)


def test_a_file_outside_the_folder_is_not_written(aws: Aws) -> None:
    """Nor is one with an absolute path."""
    for path in ("../pod.json", "/etc/pod.json", "a\\\\..\\\\pod.json"):
        routes = f'topics: [loans]\nstate_machines: {{pod: {{definition: "{path}"}}}}\n' + OLD
        with pytest.raises(ConfigurationError, match="outside the folder"):
            from_stack.files(read(aws, routes, {"pod": MACHINES["pod"]}))


def test_a_missing_stack_is_one_sentence(aws: Aws) -> None:
    """It names the stack and the region."""
    with Stubber(aws.cloudformation) as stub:
        add_missing(stub)
        with pytest.raises(ConfigurationError, match="Stack alma-webhooks-prod not found in us-east-1"):
            from_stack.read(aws, "prod", None)


def test_routes_that_this_version_cannot_read_are_one_sentence(aws: Aws) -> None:
    """The folder would be of no use."""
    with pytest.raises(ConfigurationError, match="not valid for this version"):
        read(aws, "routes: []\n", {})
