"""Loops of templates, expanded by CloudFormation's own rule: what gets a loop's variable, and what is an error."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.aws.template import PIPELINE
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.expanded_example import write_expanded
from scripts.deploy.expansion import body, expanded, list_parameters, values_before, without_loops
from tests.infra.complete_example import TOPICS
from tests.scripts.deploy.stacks import described


def resources(loops: dict[str, Any], **lists: list[str]) -> dict[str, Any]:
    return dict(without_loops({"Resources": loops}, lists)["Resources"])


def looped(value: Any, *values: str, key: str = "R&{X}") -> dict[str, Any]:
    """A loop over these values, whose resources have this property."""
    return resources({"Fn::ForEach::A": ["X", list(values), {key: {"Is": value}}]})


def test_a_loop_makes_a_resource_for_each_value() -> None:
    """Its value in Fn::Sub and Ref; in a key the letters and digits of it."""
    properties = {"Name": {"Fn::Sub": "${AWS::StackName}-${Name}"}, "Of": [{"Ref": "Name"}, {"Ref": "Other"}]}
    loop = ["Name", {"Ref": "Topics"}, {"Topic&{Name}": {"Properties": properties}}]
    made = resources({"Fn::ForEach::Topics": loop, "Queue": {}}, Topics=["a-b", "c"])
    assert list(made) == ["Topicab", "Topicc", "Queue"]
    assert made["Topicab"]["Properties"] == {
        "Name": {"Fn::Sub": "${AWS::StackName}-a-b"},
        "Of": ["a-b", {"Ref": "Other"}],
    }


def test_a_loop_in_a_loop_is_expanded_too() -> None:
    """Each value of the one with each of the other; the inner list may use the outer loop's variable."""
    inner = {"Fn::ForEach::B": ["Y", ["1", {"Ref": "X"}], {"R&{X}&{Y}": {"Is": {"Fn::Sub": "${X}${Y}"}, "Port": 1}}]}
    made = resources({"Fn::ForEach::A": ["X", ["a", "b"], inner]})
    assert {name: one["Is"] for name, one in made.items()} == {"Ra1": "a1", "Raa": "aa", "Rb1": "b1", "Rbb": "bb"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ({"Fn::Sub": "Executions${X}"}, "Executionsv-1"),
        ({"Fn::Sub": "${X}-${Y}"}, {"Fn::Sub": "v-1-${Y}"}),
        ({"Fn::Sub": "${X.Arn}"}, {"Fn::Sub": "${X.Arn}"}),
        ({"Fn::Sub": "${!X}"}, {"Fn::Sub": "${!X}"}),
        ({"Fn::Sub": ["${X}/${Y}", {"Y": {"Ref": "X"}}]}, {"Fn::Sub": ["v-1/${Y}", {"Y": "v-1"}]}),
        ({"Fn::Sub": ["${X}", {"X": {"Ref": "Queue"}}]}, {"Fn::Sub": ["${X}", {"X": {"Ref": "Queue"}}]}),
        ({"Fn::Sub": ["${Y}", {"Y": {"Fn::Sub": "${X}!"}}]}, {"Fn::Sub": ["${Y}", {"Y": "v-1!"}]}),
        ({"Fn::GetAtt": [{"Fn::Sub": "R${X}"}, "Arn"]}, {"Fn::GetAtt": ["Rv-1", "Arn"]}),
        ({"Ref": "X", "Other": 1}, {"Ref": "X", "Other": 1}),
        ("${Y} and $X and ${!X}", "${Y} and $X and ${!X}"),
    ],
)
def test_only_the_variable_of_the_loop_is_replaced(text: Any, expected: Any) -> None:
    """Both forms of Fn::Sub, whose own names come before the loop's; other names, attributes and escapes stay."""
    assert looped(text, "v-1") == {"Rv1": {"Is": expected}}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("Executions${X}", r"Resources\.Rv\.Is: \$\{X\} is not replaced there\. Use !Sub with \$\{X\}\."),
        (["a", {"B": "&{X}"}], r"Resources\.Rv\.Is\[1\]\.B: &\{X\} is not replaced"),
        ({"Ref": "Topic${X}"}, r"Resources\.Rv\.Is\.Ref: \$\{X\} is not replaced"),
        ({"Fn::Sub": "a&{X}"}, r"Resources\.Rv\.Is: &\{X\} is not replaced"),
        ({"Fn::Sub": ["${A}", {"A": "${X}"}]}, r"Resources\.Rv\.Is\.A: \$\{X\} is not replaced"),
        ({"Key${X}": 1}, r"Resources\.Rv\.Is\.Key\$\{X\}: \$\{X\} is not replaced"),
    ],
)
def test_f76_a_variable_where_cloudformation_leaves_it_unchanged_is_an_error(value: Any, place: str) -> None:
    """In plain text it would stay as it is, and an alarm on a metric of such a name would never ring."""
    with pytest.raises(ConfigurationError, match=place):
        looped(value, "v")


def test_a_variable_outside_of_its_loop_is_plain_text() -> None:
    """The state machine's own text may hold one."""
    assert resources({"A": {"Is": "${X}"}, "Fn::ForEach::A": ["X", [], {"R&{X}": {}}]}) == {"A": {"Is": "${X}"}}


@pytest.mark.parametrize(
    ("values", "key", "message"),
    [
        (("a-b", "ab"), "R&{X}", "Resources: 'a-b' and 'ab' both become Rab. Rename one of them."),
        (("a", "a"), "R&{X}", "Resources: 'a' and 'a' both become Ra."),
        (("a", "b"), "R", "Resources: 'a' and 'b' both become R."),
    ],
)
def test_values_that_would_become_one_resource_are_an_error(values: tuple[str, str], key: str, message: str) -> None:
    """One of them would be lost without a word."""
    with pytest.raises(ConfigurationError) as raised:
        looped(1, *values, key=key)
    assert str(raised.value).startswith(message)


def test_a_value_that_would_become_another_resource_is_an_error() -> None:
    """Of another loop or none, whichever comes first; in nested loops all values are named."""
    loop = {"Fn::ForEach::A": ["X", ["a"], {"Fn::ForEach::B": ["Y", ["b"], {"R${X}${Y}": {}}]}]}
    with pytest.raises(ConfigurationError, match="'Rab' and 'a' 'b' both become Rab"):
        resources({"Rab": {}, **loop})
    with pytest.raises(ConfigurationError, match="'a' 'b' and 'Rab' both become Rab"):
        resources({**loop, "Rab": {}})


@pytest.mark.parametrize("several", [{"Fn::Split": [",", "a"]}, {"Ref": "Nothing"}, [{"Ref": "Topics"}], "a", [1]])
def test_a_loop_over_something_else_is_an_error(several: Any) -> None:
    """An error is better than a resource that is missing silently."""
    with pytest.raises(ConfigurationError, match=r"Resources\.Fn::ForEach::A: .* is neither a list nor a list param"):
        resources({"Fn::ForEach::A": ["X", several, {}]}, Topics=["a"])


TEMPLATE: dict[str, Any] = {
    "Transform": "AWS::LanguageExtensions",
    "Metadata": {"AWS::CloudFormation::Interface": {"ParameterGroups": [{"Parameters": ["Stage", "Topics"]}]}},
    "Parameters": {"Stage": {"Default": "dev"}, "Topics": {"Default": "x"}, "Others": {"Default": "y"}},
    "Resources": {"Fn::ForEach::A": ["X", {"Ref": "Topics"}, {"R&{X}": {}}]},
    "Outputs": {
        "Topics": {"Value": {"Fn::Join": [",", {"Ref": "Topics"}]}},
        "First": {"Value": {"Fn::Select": [0, {"Ref": "Topics"}]}},
        "Others": {"Value": {"Fn::Join": [",", {"Ref": "Others"}]}},
    },
}


@pytest.mark.parametrize(("text", "topics"), [("a-b, c", ["a-b", "c"]), ("", []), ("a", ["a"])])
def test_a_list_that_loops_use_becomes_a_literal_everywhere(text: str, topics: list[str]) -> None:
    """And is not a parameter any more; other lists are, and no transform is left. An empty list is one."""
    made = expanded(TEMPLATE, {"Topics": text})
    assert "Transform" not in made
    assert list(made["Parameters"]) == ["Stage", "Others"]
    assert made["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"] == [{"Parameters": ["Stage"]}]
    assert len(made["Resources"]) == len(topics)
    assert {name: one["Value"] for name, one in made["Outputs"].items()} == {
        "Topics": ",".join(topics),
        "First": {"Fn::Select": [0, topics]},
        "Others": {"Fn::Join": [",", {"Ref": "Others"}]},
    }
    assert "Topics" in TEMPLATE["Parameters"], "the source is not changed"


def test_the_list_in_force_is_the_chosen_one_then_the_default() -> None:
    """Of a deployed stack its output says it; an empty one is kept as well."""
    before = values_before(
        TEMPLATE, described("CREATE_COMPLETE", {"Topics": "b", "First": "b"}, Stage="stg")["Stacks"][0], {}
    )
    assert before == {"Topics": "b", "Stage": "stg"}
    assert list(expanded(TEMPLATE, {"Topics": "a"})["Resources"]) == ["Ra"]
    assert list(expanded(TEMPLATE, {"Topics": ""})["Resources"]) == []
    assert list(expanded(TEMPLATE, {})["Resources"]) == ["Rx"]
    assert values_before(TEMPLATE, None, {}) == {}


def test_lists_are_found_in_nested_loops_too() -> None:
    """By their references; an outer loop's variable is not one."""
    inner = {"Fn::ForEach::B": ["Y", {"Ref": "Others"}, {"Fn::ForEach::C": ["Z", {"Ref": "Y"}, {}]}]}
    loops = {"Fn::ForEach::A": ["X", {"Ref": "Topics"}, inner]}
    assert list_parameters({**TEMPLATE, "Resources": loops}) == {"Topics", "Others"}


def test_what_is_sent_is_compact_json() -> None:
    """CloudFormation counts bytes."""
    assert body({"A": [1, 2], "B": "ä b"}) == '{"A":[1,2],"B":"\\u00e4 b"}'


def test_every_template_is_written_without_loops(tmp_path: Path) -> None:
    """A file of its own, every topic in the pipeline's; what was there before is gone."""
    (tmp_path / "old.json").write_text("{}")
    written = write_expanded(tmp_path)
    assert {path.stem for path in written} == {path.stem for path in PIPELINE.parent.glob("*.yaml")}
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in written}
    for path in written:
        assert "Fn::ForEach" not in path.read_text()
    made = json.loads((tmp_path / "pipeline.json").read_text())["Resources"].values()
    assert sum(one["Type"] == "AWS::SNS::Topic" for one in made) == len([*TOPICS, "heartbeat"])
