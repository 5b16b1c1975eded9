"""The parts of a recorded deployment, by the marks of its templates, and what a rollback compares and keeps."""

import json
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import RejectedError
from scripts.deploy.artefacts import Artefacts, TemplateCopy
from scripts.deploy.optional_parts import NOTIFICATIONS_PART
from scripts.deploy.recorded_parts import known_names, parts_of, restorable, with_deployed
from scripts.deploy.records import DeploymentRecord, StackRecord
from scripts.deploy.retained import Place
from scripts.deploy.stack_part import PIPELINE_PART
from tests.scripts.deploy.stacks import described

pytestmark = pytest.mark.usefixtures("no_policies")


def template(part: str, version: str = "1") -> dict[str, Any]:
    return {"Metadata": {"Mark": {"part": part}, "version": version}, "Resources": {}}


def record(*templates: dict[str, Any], **parameters: str) -> DeploymentRecord:
    """Return the record of a deployment that sent these templates; the last one with these parameters."""
    keys = [TemplateCopy(json.dumps(each)).key for each in templates]
    stacks = [StackRecord(key, {}, {}, []) for key in keys]
    stacks[-1] = stacks[-1]._replace(parameters=parameters)
    return DeploymentRecord("dev", "2026-05-13T02:41:11.000Z", "0.1.0", "library", "1", tuple(stacks))


def test_each_template_says_which_part_it_is() -> None:
    """Without notifications the further parts follow the pipeline's alarms; the key of a zip is a parameter."""
    templates = [template("pipeline"), template("notifications"), template("shelf")]
    parts = parts_of(record(*templates, CodeKey="shelf/1.zip"), templates)
    assert parts[:2] == (PIPELINE_PART, NOTIFICATIONS_PART)
    assert (parts[2].suffix, parts[2].mark, parts[2].code_key) == ("-shelf", "shelf", "shelf/1.zip")


def test_restoring_a_part_needs_its_zip() -> None:
    """The zips of two parts have parameters of one name."""
    both = record(template("shelf"), template("desk"), CodeKey="desk/1.zip")
    first, second = both.stacks
    several = both._replace(stacks=(first._replace(parameters={"CodeKey": "shelf/1.zip"}), second))
    assert several.artefacts == [first.template, second.template, "shelf/1.zip", "desk/1.zip"]


@pytest.mark.parametrize(
    ("deployed", "recorded", "expected"),
    [("", "", ""), ("shelf", "", "shelf"), ("desk,shelf", "shelf,old", "desk,shelf,old")],
)
def test_parts_that_a_record_lacks_stay_named(deployed: str, recorded: str, expected: str) -> None:
    """Their stacks stay, so that commands must find them."""
    pipeline: Any = described("UPDATE_COMPLETE", {"Parts": deployed} if deployed else {})["Stacks"][0]
    assert with_deployed(recorded, pipeline) == expected


def test_a_part_is_known_until_a_deployment_without_it_has_ended(aws: Aws) -> None:
    """One that fails before it deletes the part's stack records nothing, and the pipeline no longer names the part."""
    place = Place("dev", "123456789012", "us-east-1")
    pipeline: Any = described("UPDATE_COMPLETE", {"Parts": "shelf"})["Stacks"][0]
    assert known_names(aws, place, pipeline) == ["shelf"]
    records = [
        record(template("pipeline"), Parts=names)._replace(time=time) for time, names in [("1", "a"), ("2", "b")]
    ]
    Artefacts(aws, place.account, place.region).upload(records)
    assert known_names(aws, place, pipeline) == ["shelf", "b"]
    assert known_names(aws, place, None) == ["b"]


def test_a_record_is_compared_with_the_stacks_of_its_own_parts(aws: Aws) -> None:
    """A part with another template differs; one that the record does not have, and its name, are not compared."""
    artefacts = Artefacts(aws, "123456789012", "us-east-1")
    pipeline, old, new = template("pipeline"), template("shelf", "1"), template("shelf", "2")
    artefacts.upload([TemplateCopy(json.dumps(each)) for each in (pipeline, old, new)])
    stacks: Any = {name: described("UPDATE_COMPLETE", Parts="shelf")["Stacks"][0] for name in ("dev", "dev-shelf")}
    without, before, now = record(pipeline, Parts=""), record(pipeline, old), record(pipeline, new)

    def found(*records: DeploymentRecord) -> DeploymentRecord:
        with Stubber(aws.cloudformation) as stub:
            for each in (pipeline, new):
                stub.add_response("get_template", {"TemplateBody": json.dumps(each)})
            return restorable(aws, artefacts, "dev", stacks, records)

    assert found(now, before, without) == before
    with pytest.raises(RejectedError, match="no earlier deployment of this stack is recorded"):
        found(now, without)
