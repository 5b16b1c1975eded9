"""The templates as they are sent: the same as cfn-lint makes of them, by the same logical ids, without a transform."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.aws import mark
from scripts.aws.template import OBSERVABILITY, PIPELINE, default_list, load
from scripts.deploy.artefacts import _LONGEST_BODY
from scripts.deploy.expansion import body, expanded
from scripts.deploy.stack_deployer import PARTS, PIPELINE_PART, StackPart
from tests.infra.other_expanders import TOPICS, by_cfn_lint, comparable, lists

DEFAULT = default_list(load(), "Topics")
BOTH = (PIPELINE, OBSERVABILITY)


def sent(path: Path, topics: list[str]) -> dict[str, Any]:
    """What CloudFormation gets for these topics."""
    found: dict[str, Any] = json.loads(body(expanded(load(path), lists(topics))))
    return found


@pytest.mark.parametrize("topics", [*TOPICS, DEFAULT], ids=len)
@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.stem)
def test_cfn_lint_expands_a_template_to_the_same(path: Path, topics: list[str]) -> None:
    """Another's implementation of the transform: no resource, name or reference differs."""
    assert comparable(sent(path, topics), topics) == comparable(by_cfn_lint(path, topics), topics)


def test_logical_ids_stay_as_they_are() -> None:
    """CloudFormation would make another resource under another id, and delete the one that subscribers know."""
    golden = Path(__file__).with_name("logical_ids.txt").read_text("utf-8").splitlines()
    made = {
        f"{path.stem}/{name}"
        for path in BOTH
        for name in set(sent(path, DEFAULT)["Resources"]) - set(load(path)["Resources"])
    }
    assert sorted(made) == sorted(golden)


@pytest.mark.parametrize("topics", TOPICS, ids=len)
@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.stem)
def test_no_loop_no_transform_and_no_topic_by_reference_is_sent(path: Path, topics: list[str]) -> None:
    """A parameter Topics beside expanded loops could say something else than they do."""
    found = sent(path, topics)
    assert "Transform" not in found
    assert "Topics" not in found["Parameters"]
    assert "Fn::ForEach" not in body(found)
    assert '{"Ref":"Topics"}' not in body(found)


@pytest.mark.parametrize("topics", TOPICS, ids=len)
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.mark)
def test_f55_the_mark_is_in_what_is_sent(part: StackPart, topics: list[str]) -> None:
    """Commands judge a stack by what CloudFormation got: the output, the metadata, and the tags of what it keeps."""
    template, found = load(part.template), sent(part.template, topics)
    assert found["Metadata"][mark.NAME] == template["Metadata"][mark.NAME]
    assert found["Outputs"][mark.NAME] == template["Outputs"][mark.NAME]
    assert found["Parameters"]["Project"] == template["Parameters"]["Project"]
    kept = [each for each in found["Resources"].values() if each.get("DeletionPolicy", "Delete") != "Delete"]
    known = {"Project": mark.PROJECT, "AWS::StackName": "mine"}
    for resource in kept:
        tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
        assert {key: known[value["Ref"]] if isinstance(value, dict) else value for key, value in tags.items()} == (
            mark.tags("mine")
        )
    assert bool(kept) == (part == PIPELINE_PART)


def test_the_processor_and_the_output_have_the_topics() -> None:
    """As text with commas, empty for none."""
    for topics in TOPICS:
        found = sent(PIPELINE, topics)
        variables = found["Resources"]["ProcessorFunction"]["Properties"]["Environment"]["Variables"]
        assert variables["TOPICS"] == found["Outputs"]["Topics"]["Value"] == ",".join(topics)


def test_the_pipelines_template_is_small_enough_for_the_call() -> None:
    """With the topics that come with it; more topics, and the alarms, go by way of the bucket."""
    assert len(body(sent(PIPELINE, DEFAULT)).encode()) < _LONGEST_BODY
