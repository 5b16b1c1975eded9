"""The template for other deployment tools: as `deploy` sends it, without AWS."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import stack_deployer
from scripts.deploy.desired import desired
from scripts.deploy.portable_template import portable
from scripts.deploy.retained import Place
from scripts.main import app
from scripts.project import folder
from tests.further_part import PART, write_part
from tests.scripts.deploy.projects import project_in

PROJECT = folder.EXAMPLE.parent / "mit-pipelines"
KNOWN = ("123456789012", "eu-central-1")


def texts(part: Any) -> list[str]:
    """Return all texts that are not inside Fn::Sub."""
    match part:
        case {"Fn::Sub": _}:
            return []
        case dict():
            return [text for value in part.values() for text in texts(value)]
        case list():
            return [text for value in part for text in texts(value)]
    return [part] if isinstance(part, str) else []


def test_with_a_known_account_and_region_it_is_what_a_deployment_sends() -> None:
    """The resources, outputs and conditions are equal; the values are the defaults of the parameters."""
    project = folder.find(PROJECT)
    assert project
    templates = [part.load() for part in stack_deployer.PARTS]
    place = Place("s", *KNOWN, project.file.name)
    wanted = desired(project, "stg", place, templates, {}, None)
    values = {**wanted.values, "AlmaProfiles": wanted.values["Profiles"]}
    for template, made in zip(templates, portable(project, "stg", "s", *KNOWN), strict=True):
        sent = stack_deployer.expanded_with(template, values, wanted.state_machines, wanted.substitutions)
        for part in ("Resources", "Outputs", "Conditions", "Mappings"):
            assert made.get(part) == sent.get(part), part
        assert made["Parameters"]["Project"]["Default"] == "mit-pipelines"
        assert made["Parameters"]["Stage"]["Default"] == "stg"
        assert "Transform" not in made


def test_what_is_not_known_is_left_to_cloudformation() -> None:
    """ARNs are Fn::Sub, and neither a parameter, a mapping nor a condition has a pseudo parameter in a text."""
    project = folder.find(PROJECT)
    assert project
    pipeline, observability = portable(project, "dev", "s", None, None)
    start = json.dumps(pipeline["Resources"]["ProcessorRole"])
    assert '{"Fn::Sub": "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:s-pod"}' in start
    assert "DeclaredStateMachineArns" not in json.dumps(pipeline["Parameters"] | pipeline["Conditions"])
    assert "Fn::Sub" not in json.dumps(pipeline["Conditions"])
    for template in (pipeline, observability):
        assert "StateMachines" not in template.get("Mappings", {})
        assert [text for text in texts(template) if "${AWS::Acc" in text or "${AWS::Reg" in text] == []


def test_texts_of_definitions_keep_their_own_variables(tmp_path: Path) -> None:
    """Only values that are not known become Fn::Sub, in which the others are escaped."""
    (tmp_path / folder.FILE).write_text("schema: 1\nname: lib\nstages: {dev: {}}\n", "utf-8")
    (tmp_path / "routes.yaml").write_text(
        "topics: [a]\nstate_machines: {pod: {definition: pod.yaml}}\nroutes: [{name: all, deliver: [{topic: a}]}]\n",
        "utf-8",
    )
    text = "arn:${Partition}:x:${Region}:${AccountId}:${theirs}-${Stage}"
    state = {"Type": "Succeed", "Comment": text}
    (tmp_path / "pod.yaml").write_text(json.dumps({"StartAt": "A", "States": {"A": state}}), "utf-8")
    project = folder.find(tmp_path)
    assert project
    made = portable(project, "dev", "s", None, None)[0]["Resources"]["PodStateMachine"]["Properties"]["Definition"]
    assert made["States"]["A"]["Comment"] == {
        "Fn::Sub": "arn:${AWS::Partition}:x:${AWS::Region}:${AWS::AccountId}:${!theirs}-dev"
    }
    made = portable(project, "dev", "s", *KNOWN)[0]["Resources"]["PodStateMachine"]["Properties"]["Definition"]
    assert made["States"]["A"]["Comment"] == "arn:aws:x:eu-central-1:123456789012:${theirs}-dev"


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")]
)
def test_the_region_decides_the_partition(region: str, partition: str) -> None:
    """ARNs of China and of GovCloud begin differently."""
    project = folder.find(PROJECT)
    assert project
    made = portable(project, "dev", "s", "123456789012", region)[0]
    assert made["Parameters"]["DeclaredStateMachineArns"]["Default"].startswith(f"arn:{partition}:states:{region}:")


@pytest.mark.parametrize("part", ["pipeline", "observability"])
def test_the_command_prints_the_same_template_in_both_formats(part: str) -> None:
    """Nothing else is on standard output; what was chosen for ARNs is said beside it."""
    arguments = ["template", "--stage=dev", f"--project={PROJECT}", f"--part={part}", "--account=123456789012"]
    found = {name: CliRunner().invoke(app, [*arguments, f"--format={name}"]) for name in ("yaml", "json")}
    assert yaml.safe_load(found["yaml"].stdout) == json.loads(found["json"].stdout)
    assert "123456789012, ${AWS::Region}" in " ".join(found["yaml"].stderr.split())
    assert "&id" not in found["yaml"].stdout


def test_the_command_needs_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped example is not a template of anybody's stack."""
    monkeypatch.delenv(folder.VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert isinstance(CliRunner().invoke(app, ["template", "--stage=dev"]).exception, ConfigurationError)


def test_the_template_of_a_further_part_is_complete(tmp_path: Path) -> None:
    """What a deployment adds is in it; the key of its zip and outputs of the pipeline are for the caller to pass."""
    write_part(tmp_path)
    path = project_in(
        tmp_path,
        parts={"shelf": PART},
    ).path
    command = ["template", "--project", str(path), "--part", "shelf", "--format", "json"]
    made = json.loads(CliRunner().invoke(app, command).stdout)
    assert made["Metadata"]["Mark"]["part"] == "shelf"
    assert made["Parameters"]["AlarmStack"]["Default"] == "alma-webhooks-dev-observability"
    assert made["Parameters"]["Runtime"]["Default"] == "python3.13"
    without = {name for name, rule in made["Parameters"].items() if "Default" not in rule}
    assert without == {"CodeBucket", "CodeKey", "TopicArnPrefix"}
    done = CliRunner().invoke(app, ["template", "--project", str(path), "--part", "other"])
    assert "has no part other; --part takes pipeline, observability, shelf." in str(done.exception)


def test_the_template_of_notifications_needs_a_stage_that_has_them(tmp_path: Path) -> None:
    """Its alarms are those of the stage's alarm stack; without the key of the stage one sentence says what to write."""
    for text in ("", "    notifications: true\n"):
        path = tmp_path / folder.FILE
        path.write_text(f"schema: 1\nname: library\nstages:\n  dev:\n    alma_profiles: [alma]\n{text}", "utf-8")
        (tmp_path / "routes.yaml").write_text("topics: [a]\nroutes: [{name: all, deliver: [{topic: a}]}]\n", "utf-8")
        command = ["template", "--project", str(tmp_path), "--part", "notifications", "--format", "json"]
        done = CliRunner().invoke(app, command)
        if text:
            made = json.loads(done.stdout)
            assert made["Metadata"]["Mark"]["part"] == "notifications"
            assert made["Parameters"]["AlarmStack"]["Default"] == "alma-webhooks-dev-observability"
        else:
            assert isinstance(done.exception, ConfigurationError)
            assert "has no notifications. To add them, write notifications: true under stages.dev" in str(
                done.exception
            )
