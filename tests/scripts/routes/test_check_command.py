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


def test_f73_a_warning_is_printed_and_fails_only_with_strict(project: Path) -> None:
    """Text has its name, JSON its parts; a comment on the line silences it."""
    path = project / "routes.yaml"
    path.write_text(path.read_text("utf-8").replace("action: [LOAN]", "action: [LOANS]"), "utf-8")
    reason = "unknown value 'LOANS' of action; did you mean 'LOAN'?"
    line = path.read_text("utf-8").split("action: [LOANS]")[0].count("\n") + 1
    result = CliRunner().invoke(app, ["routes", "check"], catch_exceptions=False)
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            f"{path}: warning: line {line}, route loans, when.action[0]: {reason} [unknown-value]",
            f"{path}: 1 route, no problems, 1 warning",
        ],
    )
    result = CliRunner().invoke(app, ["routes", "check", "--strict", "--output=json"])
    assert isinstance(result.exception, ConfigurationError)
    assert str(result.exception) == f"{path} has 1 warning, which --strict does not allow."
    place = {"line": line, "route": "loans", "field": "when.action[0]"}
    assert json.loads(result.stdout)["warnings"] == [{**place, "reason": reason, "name": "unknown-value"}]
    path.write_text(path.read_text("utf-8").replace("[LOANS]}", "[LOANS]} # alma-webhooks: ignore"), "utf-8")
    assert CliRunner().invoke(app, ["routes", "check", "--strict"], catch_exceptions=False).exit_code == 0


def test_warnings_of_routes_are_notices_of_their_test(project: Path) -> None:
    """The verdicts are on standard output as before; a condition that never matches is a problem."""
    path = project / "routes.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("{action: [LOAN]}", "{action: [LOAN, LOANS]}"), "utf-8")
    result = CliRunner().invoke(app, ["routes", "test"], catch_exceptions=False)
    assert result.stdout == "ok       loan-created\n1 event: 1 ok\n"
    assert "warning: line" in result.stderr
    path.write_text(text.replace("{action: [LOAN]}", "{action: [LOAN], item_loan: {title: [7]}}"), "utf-8")
    result = CliRunner().invoke(app, ["routes", "test"])
    assert isinstance(result.exception, ConfigurationError)
    assert "item_loan.title is always text" in result.exception.details[0]


def test_the_schema_of_the_project_is_printed_as_it_is_published() -> None:
    """Editors get the same file."""
    result = CliRunner().invoke(app, ["routes", "schema", "project"])
    assert result.stdout == Path(schema.__file__).with_name("project.schema.json").read_text("utf-8")
