"""Test the console that a run serves."""

import http.client
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from scripts.aws.address import Address
from scripts.aws.context import StackContext
from scripts.aws.emulator import Emulator
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.local.pipeline import Pipeline, RunPlan
from scripts.local.run_console import address_of_run, served_console
from scripts.project.folder import Project
from scripts.project.models import ProjectFile

NOTHING: Any = None
URL = "http://127.0.0.1:4566"
RUNNING = Pipeline(Emulator(URL), NOTHING, Stack("alma-webhooks-dev", {}), URL, "alma", "invented", (URL, "invented"))


def plan(**settings: Any) -> RunPlan:
    file = ProjectFile.model_validate({"schema": 1, "name": "library", "stages": {"dev": settings}})
    project = Project(Path("library"), file, "found from the current folder")
    return RunPlan(4566, None, "alma", project, Path("routes.yaml"), {}, [])


def status_of(url: str, path: str = "/") -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_is_served_until_the_end_of_the_run(scope: StackContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a session it answers 401; its URL for programs has no token."""
    asked: list[Address] = []

    def opened(address: Address) -> StackContext:
        asked.append(address)
        return scope

    monkeypatch.setattr("scripts.local.run_console.open_stack_context", opened)
    with served_console(RUNNING, plan()) as console:
        assert console
        assert status_of(console.url) == 401
        assert status_of(console.url, "/static/console.css") == 401
        assert console.sign_in_url.startswith(f"{console.url}sign-in?token=")
        assert len(f"  {console.sign_in_url}") <= 80
    with pytest.raises(OSError, match="refused"):
        status_of(console.url)
    assert [(each.stack, each.emulator_url) for each in asked] == [("alma-webhooks-dev", URL)]


def test_without_its_packages_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not an error: the run goes on."""

    def missing() -> None:
        raise ConfigurationError("The console is not installed.")

    monkeypatch.setattr("scripts.console.commands.check_installed", missing)
    with served_console(RUNNING, plan()) as console:
        assert console is None


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, f"--stage dev --endpoint-url {URL}"),
        ({"stack": "alma-webhooks-dev"}, f"--stage dev --endpoint-url {URL}"),
        ({"stack": "another"}, f"--stage dev --stack alma-webhooks-dev --endpoint-url {URL}"),
    ],
)
def test_commands_that_it_shows_select_the_run(
    settings: dict[str, Any], options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment and the project, which are about AWS, change nothing."""
    monkeypatch.setenv("ALMA_WEBHOOKS_STACK", "elsewhere")
    address = address_of_run(RUNNING, plan(**settings))
    assert (address.options, address.stack) == (options, "alma-webhooks-dev")
