"""Test the command `events`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.cli.exit_codes import ConfigurationError
from scripts.main import app
from scripts.project.scaffold import ProjectRequest, files


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A new project with one sample event that has a member of its own."""
    for name, content in files(ProjectRequest("library")).items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.replace(b'"loan_id"', b'"shelf": "A1", "loan_id"'))
    return tmp_path


def shown(*arguments: str) -> str:
    return CliRunner().invoke(app, ["events", *arguments], catch_exceptions=False).stdout


def test_one_family_is_printed_with_values_and_types(project: Path) -> None:
    """Upper and lower case are the same; a member of the project's samples says so."""
    lines = shown("loan", f"--project={project}").splitlines()
    assert lines[0] == "LOAN"
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines[1:]}
    assert rows["event.value"].startswith("LOAN_CREATED, LOAN_RENEWED, ")
    assert rows["item_loan.loan_status"] == "text: ACTIVE, COMPLETE"
    assert rows["item_loan.renewable"] == "flag"
    assert rows["item_loan.shelf"] == "text (from a sample event)"


def test_all_families_are_printed_without_an_action(project: Path) -> None:
    """JSON has the same families, each with its source."""
    families = json.loads(shown(f"--project={project}", "--output=json"))["families"]
    actions = [family["action"] for family in families]
    assert actions[:2] == ["LOAN", "REQUEST"]
    assert all(family["source"] for family in families)
    blocks = shown(f"--project={project}").split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == actions
    assert blocks[actions.index("HOLDING")].split("\n")[1].split() == ["event.value", "unknown"]


@pytest.mark.parametrize(("action", "hint"), [("LOANS", "did you mean LOAN?"), ("x", "Use one of LOAN, REQUEST, ")])
def test_an_unknown_action_is_a_mistake(project: Path, action: str, hint: str) -> None:
    """The nearest one is named, or all."""
    with pytest.raises(ConfigurationError, match=f"No event of the action {action} is known.*{hint}"):
        shown(action, f"--project={project}")
