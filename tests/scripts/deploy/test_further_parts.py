"""Further parts of a project in a deployment: planned, shown by name, and deleted if the file has them no more."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.deploy import package, plan
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.destruction import Destruction
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.package import Contents, ForLambda, Package
from scripts.deploy.plan_lines import plan_lines
from tests.further_part import PART, TEMPLATE, write_part
from tests.scripts.deploy.projects import address_in, project_in
from tests.scripts.deploy.stacks import add_missing, add_resources, described, mark_of
from tests.scripts.deploy.zips import zip_of

PIPELINE, SHELF = "alma-webhooks-dev", "alma-webhooks-dev-shelf"
QUEUES = json.dumps({"returns": {"queue": "q", "dead_letters": "d"}})


@pytest.fixture
def stub(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """CloudFormation, without the stack of notifications."""
    monkeypatch.setattr("scripts.deploy.optional_parts.OPTIONAL", ())
    with Stubber(aws.cloudformation) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture(autouse=True)
def _built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The current folder is that of the project. No zip is built, because packages come from elsewhere."""

    def build(contents: Contents, *, target: ForLambda | None, routes: Path | None = None, more: Any = ()) -> Package:
        assert target is not None
        assert bool(more) == (contents.name == "shelf")
        return zip_of(contents.name, routes.read_bytes() if routes else b"")

    monkeypatch.setattr(package, "build", build)
    monkeypatch.setattr("scripts.deploy.runtime.find", lambda given, version: Path("found"))  # noqa: ARG005 -- its signature
    monkeypatch.chdir(tmp_path)
    write_part(tmp_path)


def stack_of(name: str, part: str, **outputs: str) -> dict[str, Any]:
    answer = described("UPDATE_COMPLETE", {"Mark": mark_of(part), **outputs}, Stage="dev")
    answer["Stacks"][0]["StackName"] = name
    return answer


def planned(aws: Aws, parts: Any, *, dry_run: bool = False, **options: Any) -> DeploymentPlan:
    parameters = options.pop("parameters", None)
    project = project_in(Path.cwd(), parts=parts, parameters=parameters)
    return plan.plan(aws, address_in(project), DeploymentOptions(dry_run=dry_run, **options))


def test_a_part_is_planned_after_the_pipeline_with_its_zip(aws: Aws, stub: Stubber) -> None:
    """The pipeline gets its name, and the part the key of its zip, which no parameter of the project can set."""
    for _ in range(3):
        add_missing(stub)
    found = planned(aws, {"shelf": PART}, parameters={"ShelfMemory": 512, "ReturnsAgeLimit": 60})
    assert [part.mark for part in found.parts] == ["pipeline", "observability", "shelf"]
    assert [each.name for each in found.packages] == ["ingest", "processor", "shelf"]
    assert found.parts[-1].code_key == found.packages[2].key
    assert {found.values[name] for name in ("Parts", "ShelfMemory", "ReturnsAgeLimit")} == {"shelf", "512", "60"}
    assert "CodeKey" not in found.values
    assert "add     the part's stack alma-webhooks-dev-shelf" in map(str, found.differences)


@pytest.mark.parametrize("name", ["CodeKey", "Parts", "TopicArnPrefix", "AlarmStack"])
def test_what_the_command_sets_cannot_be_chosen(aws: Aws, stub: Stubber, name: str) -> None:
    """Neither what it finds out, nor outputs of the pipeline."""
    assert stub
    with pytest.raises(ConfigurationError, match=f"The parameter {name} is set by this command"):
        planned(aws, {"shelf": PART}, parameters={name: "a"})


def test_files_of_a_part_are_checked_before_anything_is_asked(aws: Aws, stub: Stubber) -> None:
    """The sentence names the key."""
    assert stub
    with pytest.raises(ConfigurationError, match="has 1 mistake") as caught:
        planned(aws, {"shelf": PART | {"template": "none.yaml"}})
    assert "parts.shelf.template" in caught.value.details[0]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "{Type: Number, Default: 256}",
            "{Type: Number}",
            "The parameter ShelfMemory of .*/shelf.yaml has no value. Set",
        ),
        ("Properties: {QueueName: !Sub .*}", "", "retains ReturnDeadLetterQueue, but gives it no name"),
        (
            "Role:\n    Type: AWS::IAM::Role",
            "Role:\n    Type: AWS::KMS::Key\n    DeletionPolicy: Retain",
            "retains Role",
        ),
    ],
)
def test_what_a_template_lacks_is_found_before_the_pipeline_is_changed(
    aws: Aws, stub: Stubber, old: str, new: str, problem: str
) -> None:
    """Also if the stack of the part exists: nothing else would look at what it retains until it is deleted."""
    Path("shelf.yaml").write_text(re.sub(old, new, TEMPLATE), "utf-8")
    stub.add_response("describe_stacks", stack_of(PIPELINE, "pipeline", Parts="shelf"), {"StackName": PIPELINE})
    add_missing(stub)
    stub.add_response("describe_stacks", stack_of(SHELF, "shelf", Queues=QUEUES), {"StackName": SHELF})
    with pytest.raises(ConfigurationError, match=problem):
        planned(aws, {"shelf": PART}, dry_run=True)


def test_changes_of_a_part_are_shown_by_name(aws: Aws, stub: Stubber) -> None:
    """Its code, its parameters and its template."""
    stub.add_response("describe_stacks", stack_of(PIPELINE, "pipeline", Parts="shelf"), {"StackName": PIPELINE})
    add_missing(stub)
    there = stack_of(SHELF, "shelf", Queues=QUEUES)
    there["Stacks"][0]["Parameters"] = [
        {"ParameterKey": "ShelfMemory", "ParameterValue": "256"},
        {"ParameterKey": "CodeKey", "ParameterValue": "shelf/old.zip"},
    ]
    stub.add_response("describe_stacks", there, {"StackName": SHELF})
    for _ in range(2):
        stub.add_response("get_template", {"TemplateBody": "{}"})
    found = planned(aws, {"shelf": PART}, dry_run=True, parameters={"ShelfMemory": 512})
    lines = list(map(str, found.differences))
    assert "update  code of the part shelf" in lines
    assert "update  parameter ShelfMemory: 256 → 512" in lines
    assert any(line.startswith(f"update  template of the part's stack {SHELF}") for line in lines)


def add_deployed(stub: Stubber) -> None:
    """The answers about a pipeline with a part that its project no longer has."""
    stub.add_response("describe_stacks", stack_of(PIPELINE, "pipeline", Parts="shelf"), {"StackName": PIPELINE})
    add_missing(stub)
    stub.add_response("describe_stacks", stack_of(SHELF, "shelf", Queues=QUEUES), {"StackName": SHELF})
    kept = {"DeletionPolicy": "Retain", "Type": "AWS::SQS::Queue", "Properties": {"QueueName": "kept"}}
    stub.add_response("get_template", {"TemplateBody": json.dumps({"Resources": {"Kept": kept}})})
    add_resources(stub, "Kept")


def test_f56_the_removal_of_a_part_needs_its_flag(aws: Aws, stub: Stubber) -> None:
    """The sentence names the stack, what is kept, and the flag."""
    add_deployed(stub)
    with pytest.raises(
        RejectedError, match=f"removes part shelf: the stack {SHELF} is deleted; only what its"
    ) as caught:
        planned(aws, {})
    assert "--allow-removal shelf" in str(caught.value)


def test_f56_a_dry_run_shows_the_removal_of_a_part(aws: Aws, stub: Stubber) -> None:
    """Once, and with what is kept; nothing is checked about queues yet."""
    add_deployed(stub)
    stub.add_response("get_template", {"TemplateBody": "{}"})
    found = planned(aws, {}, dry_run=True)
    lines = [line for line, _ in plan_lines(found)]
    assert [line for line in lines if "part" in line] == [
        f"REMOVE  part shelf: the stack {SHELF} is deleted; only what its template retains is kept"
    ]
    assert found.unwanted is not None
    assert [each.name for each in found.unwanted.kept] == ["kept"]
    assert found.exit_code == 5


def test_f52_a_part_whose_queues_hold_messages_is_not_removed(
    aws: Aws, stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names its queue and the command that lists its dead letters."""
    add_deployed(stub)
    monkeypatch.setattr(Destruction, "waiting", lambda _: {"queue returns": 1, "dead-letter queue of returns": 2})
    with pytest.raises(RejectedError, match="the queue returns holds about 1 message and the dead-letter") as caught:
        planned(aws, {}, allow_removal=("shelf",))
    assert "(alma-webhooks dead-letters list --queue returns)" in str(caught.value)
    assert "expire at the end of the retention of their queue" in str(caught.value)


@pytest.mark.parametrize("mark", ["another", "pipeline"])
def test_f55_a_foreign_stack_of_that_name_is_not_changed(aws: Aws, stub: Stubber, mark: str) -> None:
    """The sentence says what needs the name."""
    add_missing(stub)
    add_missing(stub)
    stub.add_response("describe_stacks", stack_of(SHELF, mark), {"StackName": SHELF})
    with pytest.raises(RejectedError, match="A further part of the project needs this stack name: use another --stack"):
        planned(aws, {"shelf": PART})


def test_f55_a_foreign_stack_of_that_name_is_not_removed(aws: Aws, stub: Stubber) -> None:
    """It is not a part of this deployment."""
    stub.add_response("describe_stacks", stack_of(PIPELINE, "pipeline", Parts="shelf"), {"StackName": PIPELINE})
    add_missing(stub)
    stub.add_response("describe_stacks", stack_of(SHELF, "another"), {"StackName": SHELF})
    stub.add_response("get_template", {"TemplateBody": "{}"})
    assert planned(aws, {}, dry_run=True).unwanted is None
