"""The conditions of a template, evaluated for the parameters of a stack."""

from typing import Any

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.conditions import holds, resources_in_force, text

CONDITIONS: dict[str, Any] = {
    "IsFull": {"Fn::Equals": [{"Ref": "Alarms"}, "full"]},
    "HasAlarms": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Alarms"}, "none"]}]},
    "OnAws": {"Fn::Equals": [{"Ref": "Emulated"}, "false"]},
    "Both": {"Fn::And": [{"Condition": "HasAlarms"}, {"Condition": "OnAws"}]},
    "Either": {"Fn::Or": [{"Condition": "IsFull"}, {"Condition": "OnAws"}]},
}


@pytest.mark.parametrize(
    ("values", "true"),
    [
        ({"Alarms": "full", "Emulated": "true"}, {"IsFull", "HasAlarms", "Either"}),
        ({"Alarms": "essential", "Emulated": "true"}, {"HasAlarms"}),
        ({"Alarms": "essential", "Emulated": "false"}, {"HasAlarms", "OnAws", "Both", "Either"}),
        ({"Alarms": "none", "Emulated": "false"}, {"OnAws", "Either"}),
    ],
)
def test_conditions_refer_to_parameters_and_to_each_other(values: dict[str, str], true: set[str]) -> None:
    """Each function that the templates use is supported."""
    assert {name for name, one in CONDITIONS.items() if holds(one, CONDITIONS, values)} == true


def test_resources_without_a_condition_are_always_there() -> None:
    """Others only if their condition holds; the order stays."""
    resources = {"A": {"Condition": "IsFull"}, "B": {}, "C": {"Condition": "HasAlarms"}}
    template = {"Conditions": CONDITIONS, "Resources": resources}
    assert list(resources_in_force(template, {"Alarms": "essential"})) == ["B", "C"]
    assert list(resources_in_force(template, {"Alarms": "full"})) == ["A", "B", "C"]
    assert list(resources_in_force({"Resources": {"B": {}}}, {})) == ["B"]


def test_texts_are_put_together() -> None:
    """A number, a parameter, a text with placeholders and a list of them."""
    values = {"AWS::StackName": "s", "Topic": "t"}
    assert [text(one, values) for one in (12, {"Ref": "Topic"}, {"Fn::Sub": "${AWS::StackName}-${Topic}"})] == [
        *("12", "t", "s-t")
    ]
    assert text({"Fn::Join": ["-", ["a", {"Ref": "Topic"}]]}, values) == "a-t"


def test_an_unsupported_function_is_an_error() -> None:
    """A resource could be missing otherwise, and nobody would notice."""
    with pytest.raises(ConfigurationError, match="cannot evaluate the condition"):
        holds({"Fn::Contains": []}, CONDITIONS, {})
    with pytest.raises(ConfigurationError, match="which the template uses in a name"):
        text({"Ref": "Nothing"}, {})
