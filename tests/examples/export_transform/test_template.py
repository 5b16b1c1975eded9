"""The stack of the part and the state machine: what they name must fit together."""

import json
import re
from typing import Any

import boto3
import yaml
from export_transform.settings import Settings

from scripts.aws.template import load
from tests.end_to_end.running import ROOT
from tests.iam.requests import action_of_call

FOLDER = ROOT / "examples" / "export-transform"
TEMPLATE: dict[str, Any] = load(FOLDER / "transform.yaml")
RESOURCES = TEMPLATE["Resources"]
MACHINE = json.loads((FOLDER / "state-machines" / "export-transform.asl.json").read_text("utf-8"))


def test_the_function_gets_every_setting() -> None:
    """Its environment can be read, and loopback is allowed on the emulator only."""
    variables = RESOURCES["RunFunction"]["Properties"]["Environment"]["Variables"]
    settings = Settings.from_environment({name: "my_transform.py" for name in variables if name != "HTTPS_PORTS"})
    assert settings.transform.is_file()
    assert variables["ALLOW_LOOPBACK"] == {"Ref": "Emulated"}
    assert TEMPLATE["Parameters"]["Emulated"]["Default"] == "false"


def test_the_state_machine_and_its_policy_name_the_function() -> None:
    """The function's name is that of its stack, which is the pipeline's with the name of the part."""
    (part,) = yaml.safe_load((FOLDER / "alma-webhooks.yaml").read_text("utf-8"))["parts"]
    policy = json.loads((FOLDER / "state-machines" / "export-transform.policy.json").read_text("utf-8"))
    named = {MACHINE["States"][step]["Parameters"]["FunctionName"] for step in ("Check", "Run")}
    assert named == {policy["Statement"][0]["Resource"]}
    assert named.pop().endswith(f":function:${{StackName}}-{part}-run")
    assert RESOURCES["RunFunction"]["Properties"]["FunctionName"] == {"Fn::Sub": "${AWS::StackName}-run"}


def test_every_status_has_a_state() -> None:
    """Both choices end in a failure with the cause, unless a status says otherwise; a killed step is repeated."""
    states = MACHINE["States"]
    chosen = {each["StringEquals"]: each["Next"] for name in ("Checked", "Ran") for each in states[name]["Choices"]}
    assert chosen == {"found": "Run", "wait": "WaitForFiles", "done": "Done", "more": "WaitForDestination"}
    assert {states[name]["Default"] for name in ("Checked", "Ran")} == {"Failed"}
    assert all(states[step]["Retry"][0]["ErrorEquals"] == ["States.ALL"] for step in ("Check", "Run"))


def test_failed_executions_raise_an_alarm_in_the_tier_essential() -> None:
    """The pipeline has such alarms in the tier full only. The state machine has the name of this stack."""
    alarms = {id_: each for id_, each in RESOURCES.items() if each["Type"] == "AWS::CloudWatch::Alarm"}
    assert {each["Properties"]["MetricName"] for each in alarms.values()} == {"ExecutionsFailed", "ExecutionsTimedOut"}
    for each in alarms.values():
        ((arn,),) = (dimension["Value"].values() for dimension in each["Properties"]["Dimensions"])
        assert arn.endswith(":stateMachine:${AWS::StackName}")
        assert each["Condition"] == "HasExecutionAlarms"
    assert {"Fn::Equals": [{"Ref": "Alarms"}, "essential"]} in TEMPLATE["Conditions"]["HasExecutionAlarms"]["Fn::And"]


def test_what_cannot_be_made_again_is_kept() -> None:
    """The table and the bucket outlive the stack."""
    kept = {id_ for id_, each in RESOURCES.items() if each.get("DeletionPolicy") == "RetainExceptOnCreate"}
    assert kept == {"CheckpointTable", "FilesBucket"}


def test_no_right_is_for_everything() -> None:
    """Each statement of the role names what it allows, without wildcards in actions."""
    (policy,) = RESOURCES["RunRole"]["Properties"]["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Resource"] != "*"
        assert "*" not in json.dumps(statement["Action"])


def test_the_role_allows_the_calls_of_the_code(aws: None) -> None:  # noqa: ARG001 -- makes clients
    """Exactly those; besides the log, and the key of the parameters."""
    sources = "".join(path.read_text("utf-8") for path in (FOLDER / "export_transform").glob("*.py"))
    calls = re.findall(r'\b_?(s3|dynamodb|ssm)\.(?:get_paginator\("(\w+)"\)|(\w+)\()', sources)
    actions = {
        action_of_call(service, boto3.client(service).meta.method_to_api_mapping[paginated or method])
        for service, paginated, method in calls
    }
    (policy,) = RESOURCES["RunRole"]["Properties"]["Policies"]
    allowed: set[str] = set()
    for each in policy["PolicyDocument"]["Statement"]:
        allowed |= {each["Action"]} if isinstance(each["Action"], str) else set(each["Action"])
    assert allowed - actions == {"logs:CreateLogStream", "logs:PutLogEvents", "kms:Decrypt"}
    assert actions <= allowed
