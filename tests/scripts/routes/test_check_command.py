"""The command `routes check` on a project folder, and `routes schema project`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.cli.exit_codes import ConfigurationError
from scripts.main import app
from scripts.project import folder, schema
from scripts.project.scaffold import ProjectRequest, files


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project, which the current folder is in."""
    monkeypatch.delenv(folder.VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    made = tmp_path / "library"
    for name, content in files(ProjectRequest("library")).items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(content)
    monkeypatch.chdir(made / "events")
    return made


def test_the_routes_of_the_project_are_the_default(project: Path) -> None:
    """Found from a folder inside it."""
    result = CliRunner().invoke(app, ["routes", "check"])
    assert (result.exit_code, result.stdout) == (0, f"{project / 'routes.yaml'}: 1 route, no problems\n")


def test_the_files_of_state_machines_are_checked(project: Path) -> None:
    """A missing one has the line of its state machine."""
    path = project / "routes.yaml"
    path.write_text("state_machines: {pod: {definition: pod.asl.json}}\n" + path.read_text("utf-8"), "utf-8")
    result = CliRunner().invoke(app, ["routes", "check", f"--routes={path}"])
    assert isinstance(result.exception, ConfigurationError)
    assert result.stdout == (
        f"{path}: line 1, state_machines.pod.definition: pod.asl.json: it cannot be read: No such file or directory\n"
    )


def test_a_secret_in_the_folder_is_a_problem_that_is_not_quoted(project: Path) -> None:
    """Text and JSON say where it is; the exit code is that of a configuration error."""
    secret = "whs" + "ec_made-up-for-this-test"
    (project / "notes.md").write_text(f"our secret: {secret}\n", "utf-8")
    for flags in ([], ["--output=json"]):
        result = CliRunner().invoke(app, ["routes", "check", f"--project={project}", *flags])
        assert isinstance(result.exception, ConfigurationError)
        assert "1 problem" in str(result.exception)
        assert f"{project / 'notes.md'}:1: looks like a signing secret" in result.stdout
        assert secret not in result.stdout
    assert [each.split(":1:")[0] for each in json.loads(result.stdout)["files"]] == [str(project / "notes.md")]


def test_the_schema_of_the_project_is_printed_as_it_is_published() -> None:
    """Editors get the same file."""
    result = CliRunner().invoke(app, ["routes", "schema", "project"])
    assert result.stdout == Path(schema.__file__).with_name("project.schema.json").read_text("utf-8")
