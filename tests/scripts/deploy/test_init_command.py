"""The command `init`: its questions on a terminal, its defaults without one, and flags that contradict each other."""

import os
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.main import app
from scripts.project import folder
from tests.scripts.command import run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and no region in the environment."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", folder.VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A terminal; the keys are the questions and the values the given answers, else the default."""
    answers = dict[str, str]()

    def prompt(question: str, default: str, **_: Any) -> str:
        return answers.setdefault(question, default)

    monkeypatch.setattr(typer, "prompt", prompt)
    monkeypatch.setattr("scripts.deploy.init_command.sys", type("Terminal", (), {"stdin": _Terminal()}))
    return answers


class _Terminal:
    def isatty(self) -> bool:
        return True


def init(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["init", *arguments])


def test_without_a_terminal_nothing_is_asked_and_the_defaults_are_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is the folder's, in the form that names have."""
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: pytest.fail("nothing is asked"))
    result = init("3 My_Library!")
    assert result.exit_code == 0, result.exception
    made = folder.read(place / "3 My_Library!" / folder.FILE)
    assert (made.name, made.region, list(made.stages)) == ("my-library", None, ["dev"])
    assert "wrote 3 My_Library!/routes.yaml" in result.stdout
    assert "next: cd '3 My_Library!'; alma-webhooks routes check" in result.stderr


def test_flags_choose_everything(place: Path) -> None:
    """Repeatable ones are lists."""
    flags = "--name lib --region eu-central-1 --stage stg --stage prod --alma-profile a --alma-profile b"
    result = init("x", *flags.split(), "--alarm-email=a@b.example", "--route=users", "--route=other")
    assert result.exit_code == 0, result.exception
    made = folder.read(place / "x" / folder.FILE)
    assert (made.name, made.region, made.stage) == ("lib", "eu-central-1", "stg")
    assert made.stages["prod"].alma_profiles == ["a", "b"]
    assert made.stages["prod"].alarm_email == "a@b.example"
    assert (place / "x" / "events" / "user-created.json").is_file()


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2", "AWS_PROFILE": "library"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2", "AWS_PROFILE": "library"}, "eu-west-2"),
        ({"AWS_PROFILE": "library"}, "eu-west-3"),
        ({"AWS_PROFILE": "nosuch"}, None),
        ({}, None),
    ],
)
def test_a_region_that_the_aws_settings_have_is_written(
    place: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], region: str | None
) -> None:
    """From the variables, else from the profile; without one the line is a comment. A flag goes before all of them."""
    (place / "config").write_text("[profile library]\nregion = eu-west-3\n", "utf-8")
    for name, value in {**environment, "AWS_CONFIG_FILE": str(place / "config")}.items():
        monkeypatch.setenv(name, value)
    assert init("x").exit_code == init("y", "--region=us-east-1").exit_code == 0
    assert folder.read(place / "x" / folder.FILE).region == region
    assert ("# region: " in (place / "x" / folder.FILE).read_text("utf-8")) is (region is None)
    assert folder.read(place / "y" / folder.FILE).region == "us-east-1"


def test_a_terminal_is_asked_for_what_no_flag_says(place: Path, asked: dict[str, str]) -> None:
    """Each question has a default; lists may have spaces or commas."""
    asked |= {"Stages (dev, stg, prod)": "dev, prod", "AWS region (empty: from the AWS settings)": "eu-west-1"}
    result = init("x", "--name=lib", "--route=bibs")
    assert result.exit_code == 0, result.exception
    made = folder.read(place / "x" / folder.FILE)
    assert (made.region, list(made.stages), made.stages["dev"].alma_profiles) == (
        "eu-west-1",
        ["dev", "prod"],
        ["alma"],
    )
    assert len(asked) == 4  # stages, region, Alma profiles, e-mail address


def test_files_in_the_way_are_found_before_anything_is_asked(place: Path, asked: dict[str, str]) -> None:
    """Exit code 3, and all of them are named."""
    (place / "routes.yaml").write_text("mine", "utf-8")
    (place / "README.md").write_text("mine", "utf-8")
    result = init(".")
    assert isinstance(result.exception, RejectedError)
    assert str(place / "routes.yaml") in str(result.exception)
    assert str(place / "README.md") in str(result.exception)
    assert asked == {}
    assert {path.name for path in place.iterdir()} == {"routes.yaml", "README.md"}


def test_the_current_folder_gives_the_name(place: Path) -> None:
    """A dot as the argument means the current folder."""
    here = place / "our-library"
    here.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        result = init(".")
    assert result.exit_code == 0, result.exception
    assert folder.read(here / folder.FILE).name == "our-library"


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--stack=s"], "--stack"),
        (["--aws-profile=p"], "--aws-profile"),
        (["--endpoint-url=http://127.0.0.1:1"], "--endpoint-url"),
        (["--from-stack", "--name=n"], "--name"),
        (["--from-stack", "--route=loans"], "--route"),
        (["--from-stack", "--stage=dev", "--stage=prod"], "--stage once"),
        (["--route=loan"], "--route loan"),
    ],
)
def test_flags_that_contradict_each_other_are_rejected(flags: list[str], named: str) -> None:
    """The sentence names the flag, and nothing is written."""
    result = init("x", *flags)
    assert isinstance(result.exception, ConfigurationError)
    assert named in str(result.exception)
    assert not Path("x").exists()


def test_the_stack_is_found_as_by_other_commands(tmp_path: Path) -> None:
    """The environment names the endpoint; nothing is written if it does not answer."""
    environment = {"ALMA_WEBHOOKS_ENDPOINT_URL": "http://127.0.0.1:1"}
    done = run("init", str(tmp_path / "library"), "--from-stack", environment=environment)
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "http://127.0.0.1:1" in done.stderr


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}],
    ids=["C", "cp1252"],
)
def test_the_files_are_the_same_in_every_locale(tmp_path: Path, environment: dict[str, str]) -> None:
    """They are UTF-8, and a name that the terminal cannot show does not stop the command."""
    made = tmp_path / "bücherei-図書館"
    done = run("init", str(made), "--alarm-email=ü@b.example", "--name=lib", environment=environment)
    assert done.returncode == 0, done.stderr
    assert 'alarm_email: "ü@b.example"' in (made / folder.FILE).read_text("utf-8")
    assert b"\r" not in b"".join(path.read_bytes() for path in made.rglob("*.yaml"))
