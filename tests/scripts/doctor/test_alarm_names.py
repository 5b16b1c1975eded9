"""Test that alarm names, conditions and loops are evaluated as by CloudFormation."""

from pathlib import Path
from typing import Any

import pytest

from scripts.aws.template import PIPELINE, load
from scripts.cli.exit_codes import ConfigurationError
from scripts.doctor.alarm_names import alarm_names
from scripts.doctor.subject import DeployedStack


def stack(**parameters: str) -> DeployedStack:
    return DeployedStack("s", "CREATE_COMPLETE", parameters, {})


def alarm(name: Any, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": name}, **more}


def template(**resources: Any) -> dict[str, Any]:
    return {
        "Parameters": {
            "Emulated": {"Default": "false"},
            "Names": {"Default": "a, b"},
            "Topic": {"Default": ""},
            "Hours": {"Default": 12},
        },
        "Conditions": {
            "Real": {"Fn::Equals": [{"Ref": "Emulated"}, "false"]},
            "HasTopic": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Topic"}, ""]}]},
            "Either": {"Fn::Or": [{"Condition": "HasTopic"}, {"Fn::Equals": [{"Ref": "Hours"}, 0]}]},
            "Both": {"Fn::And": [{"Condition": "HasTopic"}, {"Condition": "Real"}]},
        },
        "Resources": resources,
    }


def test_names_contain_the_stack_name_and_parameters() -> None:
    """Deployed values override defaults; resources other than alarms are skipped."""
    resources = {
        "One": alarm({"Fn::Sub": "${AWS::StackName}-one"}),
        "Two": alarm({"Fn::Join": ["-", [{"Ref": "Topic"}, "two", {"Ref": "Hours"}]]}),
        "Three": alarm("three") | {"Type": "AWS::CloudWatch::CompositeAlarm"},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {}},
    }
    assert alarm_names(template(**resources), stack(Topic="t")) == ["s-one", "t-two-12", "three"]


@pytest.mark.parametrize(
    ("condition", "parameters", "is_there"),
    [
        ("Real", {}, True),
        ("Real", {"Emulated": "true"}, False),
        ("HasTopic", {}, False),
        ("HasTopic", {"Topic": "t"}, True),
        ("Either", {}, False),
        ("Either", {"Hours": "0"}, True),
        ("Both", {"Topic": "t"}, True),
        ("Both", {"Topic": "t", "Emulated": "true"}, False),
    ],
)
def test_an_alarm_under_a_condition_is_expected_only_where_it_holds(
    condition: str, parameters: dict[str, str], is_there: bool
) -> None:
    """The condition is evaluated with the deployed parameters."""
    names = alarm_names(template(One=alarm("one", Condition=condition)), stack(**parameters))
    assert names == (["one"] if is_there else [])


def test_a_loop_creates_an_alarm_for_each_value() -> None:
    """The values come from a list or from a list parameter."""
    body = {"Alarm&{Name}": alarm({"Fn::Sub": "${AWS::StackName}-${Name}"})}
    loops = {"Fn::ForEach::A": ["Name", {"Ref": "Names"}, body], "Fn::ForEach::B": ["Name", ["x"], body]}
    assert alarm_names(template(**loops), stack()) == ["s-a", "s-b", "s-x"]


@pytest.mark.parametrize("name", [None, {"Ref": "Nothing"}, {"Fn::Sub": "${Nothing}"}, {"Fn::GetAtt": ["A", "B"]}])
def test_an_unsupported_name_is_an_error(name: Any) -> None:
    """This includes an alarm without a name in the template."""
    with pytest.raises(ConfigurationError, match="which the template uses in a name"):
        alarm_names(template(One=alarm(name)), stack())


def test_an_unsupported_condition_is_an_error() -> None:
    """Otherwise a missing alarm would go unnoticed."""
    strange = template(One=alarm("one", Condition="Odd"))
    strange["Conditions"]["Odd"] = {"Fn::Contains": []}
    with pytest.raises(ConfigurationError, match="cannot evaluate the condition"):
        alarm_names(strange, stack())


@pytest.mark.parametrize("path", sorted(PIPELINE.parent.glob("*.yaml")), ids=lambda path: path.name)
def test_every_alarm_name_of_the_templates_is_evaluated(path: Path) -> None:
    """Each name begins with the stack name, which the doctor uses as prefix."""
    content = load(path)
    required = {name: "x" for name, one in content["Parameters"].items() if "Default" not in one}
    names = alarm_names(content, DeployedStack("alma-webhooks-dev", "CREATE_COMPLETE", required, {}))
    assert all(name.startswith("alma-webhooks-dev-") for name in names)
    assert len(names) == len(set(names))
    assert bool(names) == ("AWS::CloudWatch::Alarm" in path.read_text("utf-8"))
