"""The files that the further parts of a project name: each problem is one sentence with its key."""

import json
from pathlib import Path

import pytest

from scripts.aws import part_files
from scripts.cli.exit_codes import ConfigurationError
from scripts.project.folder import FILE, Project, read
from tests.further_part import PART, TEMPLATE, write_part


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_part(tmp_path)
    return tmp_path


def project(folder: Path, **changes: object) -> Project:
    """Return a project with the part `shelf`, which has these changes."""
    file = {"schema": 1, "name": "library", "stages": {"dev": {}}, "parts": {"shelf": PART | changes}}
    (folder / FILE).write_text(json.dumps(file), "utf-8")
    return Project(folder, read(folder / FILE), "--project")


def test_a_complete_part_has_no_problem(folder: Path) -> None:
    """Also by the path of the routes beside it; a folder without a project has none."""
    assert list(part_files.problems(project(folder))) == []
    part_files.check(project(folder))
    assert part_files.problems_beside(folder / "routes.yaml") == []
    assert part_files.problems_beside(folder / "shelf" / "routes.yaml") == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"template": "none.yaml"}, "template: The template {folder}/none.yaml cannot be read: No such file"),
        ({"code": "nothing"}, "code: {folder}/nothing is not a Python package. Create it with an __init__.py"),
        ({"code": None}, "template: {folder}/shelf.yaml has the parameter CodeKey, but the part has no code. Add code"),
        ({"requirements": "r.txt"}, "requirements: {folder}/r.txt does not exist. Create it, or remove requirements"),
        ({"local": "local.py"}, "local: {folder}/local.py does not exist. Create it, or remove local"),
        (
            {"queues": {"returns": {"queue": "Returns", "dead_letters": "ReturnDeadLetterQueue"}}},
            "queues.returns.queue: {folder}/shelf.yaml has no AWS::SQS::Queue Returns outside of loops",
        ),
        (
            {"queues": {"returns": {"queue": "ReturnQueue", "dead_letters": "Function"}}},
            "queues.returns.dead_letters: {folder}/shelf.yaml has no AWS::SQS::Queue Function outside of loops",
        ),
    ],
)
def test_each_problem_is_one_sentence(folder: Path, changes: dict[str, object], problem: str) -> None:
    """It names file and key, and what to do."""
    found, *_ = part_files.problems(project(folder, **changes))
    assert found.startswith(f"{folder / FILE}: parts.shelf.{problem.format(folder=folder)}")


@pytest.mark.parametrize("text", ["- a list\n", "Resources: {a: [}\n", "Outputs: {}\n"])
def test_a_file_that_is_no_template_is_one_problem(folder: Path, text: str) -> None:
    """Its queues are not looked for."""
    (folder / "shelf.yaml").write_text(text, "utf-8")
    [found] = part_files.problems(project(folder))
    assert found.startswith(f"{folder / FILE}: parts.shelf.template: ")


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        ("ReturnDeadLetterQueue.Arn, maxReceiveCount: 1}", "Function.Arn, maxReceiveCount: 1}", 1),
        ("RedrivePolicy: {deadLetterTargetArn: !GetAtt ReturnDeadLetterQueue.Arn, maxReceiveCount: 1}", "", 1),
        ("!GetAtt ReturnDeadLetterQueue.Arn", '!Sub "${ReturnDeadLetterQueue.Arn}"', 0),
    ],
)
def test_a_queue_needs_its_dead_letter_queue(folder: Path, old: str, new: str, count: int) -> None:
    """Otherwise only a replay would find out, after messages have been lost."""
    assert old in TEMPLATE
    (folder / "shelf.yaml").write_text(TEMPLATE.replace(old, new), "utf-8")
    found = list(part_files.problems(project(folder)))
    problem = f"queues.returns: ReturnQueue in {folder}/shelf.yaml has no RedrivePolicy to ReturnDeadLetterQueue. "
    assert [problem in each for each in found] == [True] * count


def test_a_queue_is_there_in_every_stage(folder: Path) -> None:
    """The output with the URLs and the alarms refer to it."""
    old = "  ReturnQueue:\n    Type: AWS::SQS::Queue\n"
    assert old in TEMPLATE
    (folder / "shelf.yaml").write_text(TEMPLATE.replace(old, f"{old}    Condition: IsProd\n"), "utf-8")
    [found] = part_files.problems(project(folder))
    assert "queues.returns.queue: ReturnQueue in " in found


def test_a_problem_of_the_form_has_the_file(folder: Path) -> None:
    """It is found before any stack is changed."""
    (folder / "shelf.yaml").write_text(TEMPLATE + "Outputs: [a]\n", "utf-8")
    [found] = part_files.problems(project(folder))
    assert found.endswith(f"parts.shelf.template: {folder}/shelf.yaml has Outputs that are not a mapping of names")


@pytest.mark.parametrize(("transform", "count"), [("AWS::LanguageExtensions", 0), ("AWS::Serverless-2016-10-31", 1)])
def test_only_loops_are_expanded(folder: Path, transform: str, count: int) -> None:
    """Another transform would be left out of what is sent."""
    (folder / "shelf.yaml").write_text(f"Transform: {transform}\n{TEMPLATE}", "utf-8")
    assert len(list(part_files.problems(project(folder)))) == count


def test_all_problems_are_reported_at_once(folder: Path) -> None:
    """The error has one line for each."""
    (folder / "shelf.yaml").write_text(TEMPLATE.replace("ReturnQueue:", "Renamed:"), "utf-8")
    with pytest.raises(ConfigurationError, match=r"has 2 mistakes\. Nothing was changed") as caught:
        part_files.check(project(folder, code="nothing"))
    assert len(caught.value.details) == 2
