"""The command `deploy`: flags that mean two things. Nothing is deployed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.main import app
from scripts.project.folder import EXAMPLE


@pytest.mark.parametrize("name", ["consortium", "my-admin"])
def test_f56_profile_is_rejected_with_both_flags_that_it_could_mean(name: str) -> None:
    """Every user of AWS reads credentials, every user of Alma a profile: exit 2 before anything is asked."""
    result = CliRunner().invoke(app, ["deploy", "--stage", "dev", "--profile", name, "--yes"])
    assert isinstance(result.exception, ConfigurationError)
    for part in ("--profile is ambiguous", "alma_profiles", "--aws-profile NAME", "nothing was changed"):
        assert part in str(result.exception)


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_the_credentials_profile_is_handed_to_the_sdk(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own flag; the region goes with it."""
    asked: list[tuple[str | None, str | None]] = []

    def configured(region: str | None, profile: str | None) -> Aws:
        asked.append((region, profile))
        raise FailedError("that is all")

    monkeypatch.setattr(Aws, "configured", configured)
    flags = ["--yes", "--aws-profile", "my-admin", "--region", "eu-central-1", f"--project={EXAMPLE}"]
    CliRunner().invoke(app, [command, *flags])
    assert asked == [("eu-central-1", "my-admin")]


def test_an_unknown_credentials_profile_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback: it is a matter of the options."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    result = CliRunner().invoke(app, ["destroy", "--yes", "--aws-profile", "nobody", f"--project={EXAMPLE}"])
    assert isinstance(result.exception, ConfigurationError)
    assert "The config profile (nobody) could not be found" in str(result.exception)


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_without_a_project_nothing_is_deployed(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how to create one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    result = CliRunner().invoke(app, [command, "--yes"])
    assert isinstance(result.exception, ConfigurationError)
    assert "Create one with alma-webhooks init FOLDER" in str(result.exception)
