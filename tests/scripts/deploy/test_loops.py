"""Loops of templates, laid out as CloudFormation would; and every template of the project can be."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.deploy.laid_out_templates import write
from scripts.deploy.loops import laid_out
from scripts.deploy.template import PIPELINE, default_list, load
from scripts.errors import ConfigurationError


def resources(loops: dict[str, Any], **values: str) -> dict[str, Any]:
    return dict(laid_out({"Resources": loops}, values)["Resources"])


def test_a_loop_makes_a_resource_for_each_value() -> None:
    """Its value in texts and references; in a key the letters and digits of it."""
    properties = {"Name": {"Fn::Sub": "s-${Name}"}, "Of": [{"Ref": "Name"}, {"Ref": "Other"}]}
    body = {"Topic&{Name}": {"Properties": properties}}
    made = resources({"Fn::ForEach::Topics": ["Name", {"Ref": "Topics"}, body], "Queue": {}}, Topics="a-b, c")
    assert list(made) == ["Topicab", "Topicc", "Queue"]
    assert made["Topicab"]["Properties"] == {"Name": {"Fn::Sub": "s-a-b"}, "Of": ["a-b", {"Ref": "Other"}]}


def test_a_loop_in_a_loop_is_laid_out_too() -> None:
    """Each value of the one with each of the other."""
    inner = {"Fn::ForEach::B": ["Y", ["1", "2"], {"R&{X}&{Y}": {"Is": "${X}${Y}", "Port": 1}}]}
    made = resources({"Fn::ForEach::A": ["X", ["a", "b"], inner]})
    assert {name: one["Is"] for name, one in made.items()} == {"Ra1": "a1", "Ra2": "a2", "Rb1": "b1", "Rb2": "b2"}


@pytest.mark.parametrize("several", [{"Fn::Split": [",", "a"]}, {"Ref": "Nothing"}, [{"Ref": "Topics"}], "a"])
def test_another_loop_is_refused(several: Any) -> None:
    """Better than a resource that no scanner sees."""
    with pytest.raises(ConfigurationError, match="cannot be laid out"):
        resources({"Fn::ForEach::A": ["X", several, {}]}, Topics="a")


def test_every_template_is_written_without_loops(tmp_path: Path) -> None:
    """A file of its own, every topic in the pipeline's; what was there before is gone."""
    (tmp_path / "old.json").write_text("{}")
    written = write(tmp_path)
    assert {path.stem for path in written} == {path.stem for path in PIPELINE.parent.glob("*.yaml")}
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in written}
    for path in written:
        assert "Fn::ForEach" not in path.read_text()
    made = json.loads((tmp_path / "pipeline.json").read_text())["Resources"].values()
    assert sum(one["Type"] == "AWS::SNS::Topic" for one in made) == len([*default_list(load(), "Topics"), "heartbeat"])
