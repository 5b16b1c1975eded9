"""What a deployment changes on a deployed stack: each kind of difference, and its line for people."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.stub import ANY, Stubber

from scripts.aws.clients import Aws
from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.deploy import differences, expansion, state_machines
from scripts.deploy.desired import DesiredStack
from scripts.deploy.differences import Difference
from scripts.deploy.state_machines import StateMachine
from scripts.routes.checked_routes import check_deployable
from scripts.routes.judged_routes import RoutesFileCopy
from tests.scripts.deploy.stacks import described

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

TEMPLATES = [load(PIPELINE), load(OBSERVABILITY)]
ROUTES = """\
topics: [loans]
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: loans, when: {action: [LOAN]}, deliver: [{topic: loans}]}
  - {name: rest, fallback: true, deliver: [{topic: loans}]}
"""
POD = StateMachine("pod", "arn:aws:states:us-east-1:123456789012:stateMachine:pod", None)
VALUES = {
    "Profiles": "alma",
    "Topics": "loans",
    "QueueArns": "arn:q",
    "CodeBucket": "code",
    "IngestCodeKey": "ingest/1.zip",
    "ProcessorCodeKey": "processor/1.zip",
    "RoutesDigest": RoutesFileCopy(ROUTES.encode()).digest,
    **state_machines.parameters([POD]),
}


def stack_of(values: Mapping[str, str], **outputs: str) -> "list[StackTypeDef | None]":
    """Both deployed stacks as CloudFormation describes them, with these values and the defaults of the others."""
    found: list[Any] = []
    for template in TEMPLATES:
        default = {name: str(rule.get("Default", "an output")) for name, rule in template["Parameters"].items()}
        loops = expansion.list_parameters(template)  # outputs of the stack, which has no parameters for them
        given = {name: values.get(name, value) for name, value in default.items() if name not in loops}
        shown = {name: values.get(name, default[name]) for name in loops}
        shown |= {name: values[name] for name in ("CodeBucket", "RoutesDigest", "StateMachineArns")}
        shown |= {} if values.get("SentryDsn") else {"Sentry": "off"}
        given["SentryDsn"] = "****"  # AWS shows no secret
        found.append(
            {
                "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
                "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in (shown | outputs).items()],
            }
        )
    return found


def find(
    aws: Aws, folder: Path, before: dict[str, str], after: dict[str, str], *, routes: str = ROUTES, **wanted: Any
) -> list[str]:
    """The lines for a stack that was deployed with VALUES and `before`, and that gets VALUES and `after`."""
    aws.s3.create_bucket(Bucket="code")
    stored = RoutesFileCopy(ROUTES.encode())
    aws.s3.put_object(Bucket="code", Key=stored.key, Body=stored.content)
    path = folder / "routes.yaml"
    path.write_text(routes, "utf-8")
    stack = DesiredStack(VALUES | after, check_deployable(path), path, (POD,), {})._replace(**wanted)
    found = differences.find(aws, stack_of(VALUES | before), TEMPLATES, VALUES | after, stack)
    return [str(each) for each in found]


def test_an_unchanged_stack_has_no_differences(aws: Aws, tmp_path: Path) -> None:
    """Nothing of the parameters, the state machines and the routes; the order of a list does not count."""
    assert find(aws, tmp_path, {"QueueArns": "arn:q, arn:p"}, {"QueueArns": "arn:p,arn:q"}) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"Topics": "loans,returns"}, ["add     topic returns"]),
        ({"Topics": "loans,returns"}, {}, ["remove  topic returns"]),
        ({}, {"Profiles": "second"}, ["add     Alma profile second", "remove  Alma profile alma"]),
        ({}, {"QueueArns": "arn:q,arn:p"}, ["add     target arn:p"]),
        ({"OutsideTopicArns": "arn:t"}, {}, ["remove  target arn:t"]),
        ({}, {"MaxReceiveCount": "9"}, ["update  parameter MaxReceiveCount: 8 → 9"]),
        ({"AlarmEmail": "a@b.org"}, {"AlarmEmail": ""}, ["update  parameter AlarmEmail: a@b.org → (empty)"]),
        ({}, {"SentryDsn": "https://a@sentry.invalid/1"}, ["add     parameter SentryDsn"]),
        ({"SentryDsn": "https://a@sentry.invalid/1"}, {}, ["remove  parameter SentryDsn"]),
        ({"SentryDsn": "https://a@sentry.invalid/1"}, {"SentryDsn": "https://b@sentry.invalid/1"}, []),
        ({}, {"IngestCodeKey": "ingest/2.zip"}, ["update  code of ingest"]),
        ({}, {"ProcessorCodeKey": "processor/2.zip"}, ["update  code of the processor"]),
        ({}, {"StateMachines": "Other", "DeclaredStateMachineArns": "x", "Emulated": "true", "RoutesDigest": "y"}, []),
    ],
)
def test_a_parameter_that_differs_is_named_as_its_users_know_it(
    aws: Aws, tmp_path: Path, before: dict[str, str], after: dict[str, str], expected: list[str]
) -> None:
    """Elements of lists one by one, secrets without their value, code without its key."""
    assert find(aws, tmp_path, before, after) == expected


def test_a_new_parameter_with_an_empty_default_is_no_difference(aws: Aws, tmp_path: Path) -> None:
    """A stack of an older version lacks it; a value for it is a difference."""
    path = tmp_path / "routes.yaml"
    path.write_text(ROUTES, "utf-8")
    stack = DesiredStack({}, check_deployable(path), path, (POD,), {})
    older: Any = stack_of(VALUES)
    for each in older:
        each["Parameters"] = [one for one in each["Parameters"] if one["ParameterKey"] != "PermissionsBoundaryArn"]
    assert [*differences.find(aws, older, TEMPLATES, VALUES, stack)] == []
    (found,) = differences.find(aws, older, TEMPLATES, VALUES | {"PermissionsBoundaryArn": "arn:b"}, stack)
    assert str(found) == "update  parameter PermissionsBoundaryArn: (empty) → arn:b"


def test_a_value_of_a_flag_alone_is_noted(aws: Aws, tmp_path: Path) -> None:
    """The next deployment without the flag takes it back."""
    found = find(aws, tmp_path, {}, {"MaxReceiveCount": "9"}, beyond_file=frozenset({"MaxReceiveCount"}))
    assert found == ["update  parameter MaxReceiveCount: 8 → 9 (not in the file: the next deployment reverts it)"]


def test_each_state_machine_that_differs_is_named(aws: Aws, tmp_path: Path) -> None:
    """A new one, one with another ARN, and one that goes."""
    machines = (POD._replace(name="new"), POD._replace(arn="arn:other"))
    before = {"StateMachineArns": json.dumps({"pod": "arn:pod", "gone": "arn:gone"})}
    assert find(aws, tmp_path, before, {}, state_machines=machines) == [
        "add     state machine new",
        "update  state machine pod: arn:pod → arn:other",
        "remove  state machine gone",
    ]


def test_each_route_that_differs_is_named(aws: Aws, tmp_path: Path) -> None:
    """New ones, changed ones with their fields, and those that go."""
    changed = ROUTES.replace("name: rest", "name: new").replace("[LOAN]}", "[LOAN, RETURN]}, if: action")
    expected = ["add     route new", "update  route loans: when, if", "remove  route rest"]
    assert find(aws, tmp_path, {}, {}, routes=changed) == expected


def test_routes_that_cannot_be_read_are_not_compared(aws: Aws, tmp_path: Path) -> None:
    """The stored file was deleted: the other differences are shown."""
    changed = ROUTES.replace("name: rest", "name: new")
    before = {"RoutesDigest": "0" * 64}
    assert find(aws, tmp_path, before, {"Topics": "loans,more"}, routes=changed) == ["add     topic more"]


def test_a_stack_that_was_never_created_has_no_differences(aws: Aws, tmp_path: Path) -> None:
    """It is new as a whole."""
    path = tmp_path / "routes.yaml"
    path.write_text(ROUTES, "utf-8")
    stack = DesiredStack({}, check_deployable(path), path, (), {})
    assert [*differences.find(aws, [None, None], TEMPLATES, VALUES, stack)] == []


@pytest.mark.parametrize("is_json", [True, False])
def test_missing_stacks_and_other_templates_are_named(aws: Aws, *, is_json: bool) -> None:
    """A template is compared as data, so its form does not count; a stack without outputs was never completed."""
    sent = {"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Stage"}}}}}
    yaml = "Resources: {T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Stage}}}"
    there = cast("StackTypeDef", described("CREATE_COMPLETE")["Stacks"][0])
    stacks: dict[str, StackTypeDef | None] = {"dev": there, "failed": {**there, "Outputs": []}, "x-observability": None}
    with Stubber(aws.cloudformation) as stub:
        other = "update  template of the pipeline stack dev: no resource changes"
        for template, expected in ((sent, []), (sent | {"Outputs": {}}, [other])):
            body = json.dumps(sent) if is_json else yaml  # botocore parses JSON
            stub.add_response("get_template", {"TemplateBody": body}, {"StackName": "dev", "TemplateStage": ANY})
            found = [*map(str, differences.of_templates(aws, stacks, [template, {}, {}]))]
            assert found == [*expected, "add     the pipeline stack failed", "add     the alarm stack x-observability"]


def test_a_changed_template_says_how_many_resources_change(aws: Aws) -> None:
    """Added, changed and removed ones; none of a kind is left out."""
    one, other, new = ({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}} for name in ("a", "b", "c"))
    before = {"Resources": {"A": one, "B": other, "C": new}}
    after = {"Resources": {"A": new, "B": other, "D": one, "E": one}}
    up = cast("StackTypeDef", {"Outputs": [{"OutputKey": "Mark", "OutputValue": "x"}]})
    with Stubber(aws.cloudformation) as stub:
        stub.add_response("get_template", {"TemplateBody": json.dumps(before)})
        [found] = differences.of_templates(aws, {"dev": up}, [after])
    changes = "2 resources added, 1 resource changed, 1 resource removed"
    assert str(found) == f"update  template of the pipeline stack dev: {changes}"


def test_code_that_changes_with_the_routes_says_so(aws: Aws, tmp_path: Path) -> None:
    """The zip contains the routes file, so a user who changed only that knows why the code is updated."""
    after = {"ProcessorCodeKey": "processor/2.zip", "RoutesDigest": "other"}
    expected = ["update  code of the processor: its zip contains routes.yaml, which changed"]
    assert find(aws, tmp_path, {}, after) == expected


def test_a_difference_is_data_too() -> None:
    """None is for what is not there."""
    data = {"kind": "topic", "name": "loans", "before": None, "after": "", "note": ""}
    assert Difference("topic", "loans", None, "")._asdict() == data
