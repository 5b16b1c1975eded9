"""The templates that are sent to CloudFormation: expanded as cfn-lint does, with stable logical ids."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.aws import mark
from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.deploy.artefacts import _LONGEST_BODY
from scripts.deploy.expansion import body, expanded
from scripts.deploy.stack_deployer import PARTS
from scripts.deploy.stack_part import PIPELINE_PART, StackPart
from tests.infra import complete_example, other_expanders
from tests.infra.other_expanders import TOPICS, by_cfn_lint, comparable, lists

PROFILES = ",".join(other_expanders.PROFILES)
DEFAULT = complete_example.TOPICS
BOTH = (PIPELINE, OBSERVABILITY)


def sent(path: Path, topics: list[str]) -> dict[str, Any]:
    """Return the template that CloudFormation gets for these topics."""
    found: dict[str, Any] = json.loads(body(expanded(load(path), lists(topics))))
    return found


@pytest.mark.parametrize("topics", [*TOPICS, DEFAULT], ids=len)
@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.stem)
def test_cfn_lint_expands_a_template_equally(path: Path, topics: list[str]) -> None:
    """cfn-lint, an independent implementation of the transform, expands a template to the same resources."""
    assert comparable(sent(path, topics), topics) == comparable(by_cfn_lint(path, topics), topics)


def test_logical_ids_stay_as_they_are() -> None:
    """Logical ids never change, because CloudFormation would replace the topics that subscribers use."""
    golden = Path(__file__).with_name("logical_ids.txt").read_text("utf-8").splitlines()
    expanded_ids = {
        f"{path.stem}/{name}"
        for path in BOTH
        for name in set(complete_example.sent(path, AlmaProfiles=PROFILES)["Resources"]) - set(load(path)["Resources"])
    }
    assert sorted(expanded_ids) == sorted(golden)


@pytest.mark.parametrize("topics", TOPICS, ids=len)
@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.stem)
def test_the_template_sent_has_no_loop_no_transform_and_no_topics_parameter(path: Path, topics: list[str]) -> None:
    """The template sent has no parameter Topics, which could contradict the expanded loops."""
    found = sent(path, topics)
    assert "Transform" not in found
    assert "Topics" not in found["Parameters"]
    assert "Fn::ForEach" not in body(found)
    assert '{"Ref":"Topics"}' not in body(found)


@pytest.mark.parametrize("topics", TOPICS, ids=len)
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.mark)
def test_f55_the_template_sent_has_the_mark(part: StackPart, topics: list[str]) -> None:
    """The mark is in the output, the metadata and the tags of retained resources, where commands check it."""
    template, found = part.load(), sent(part.template, topics)
    assert found["Metadata"][mark.NAME] == template["Metadata"][mark.NAME]
    assert found["Outputs"][mark.NAME] == template["Outputs"][mark.NAME]
    assert found["Parameters"]["Project"] == template["Parameters"]["Project"]
    kept = [each for each in found["Resources"].values() if each.get("DeletionPolicy", "Delete") != "Delete"]
    known = {"Project": mark.PROJECT, "AWS::StackName": "mine"}
    for resource in kept:
        tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
        tags.pop("alma-webhooks:parts", None)  # it is no part of the mark
        assert {key: known[value["Ref"]] if isinstance(value, dict) else value for key, value in tags.items()} == (
            mark.tags("mine")
        )
    assert bool(kept) == (part == PIPELINE_PART)


def test_the_processor_and_the_output_have_the_topics() -> None:
    """The processor and the output get the topics as comma-separated text, which is empty without topics."""
    for topics in TOPICS:
        found = sent(PIPELINE, topics)
        variables = found["Resources"]["ProcessorFunction"]["Properties"]["Environment"]["Variables"]
        assert variables["TOPICS"] == found["Outputs"]["Topics"]["Value"] == ",".join(topics)


def test_the_pipeline_template_fits_into_the_call() -> None:
    """The pipeline template with the default topics can be sent in the call, without the bucket."""
    assert len(body(complete_example.sent(PIPELINE)).encode()) < _LONGEST_BODY
