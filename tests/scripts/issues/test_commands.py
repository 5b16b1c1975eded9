"""The output and exit codes of `issues …`."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.cli import output
from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError
from scripts.main import app
from tests.scripts.dead_letters.test_width import too_wide
from tests.scripts.executions.steps import machine
from tests.scripts.issues.site import IssueSite

Command = Callable[..., Result]
AT = datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.fixture
def issues(site: IssueSite, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `alma-webhooks issues …`."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: site.scope)
    return lambda *arguments: CliRunner().invoke(app, ["issues", *arguments])


def data_of(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def test_an_issue_goes_through_its_states(issues: Command, site: IssueSite) -> None:
    """Listed, acknowledged with a note, recurred, resolved, reopened by hand; the default list has open ones."""
    site.put("r1", AT)
    [issue] = data_of(issues("list", "--output=json"))["issues"]
    key = issue["key"]
    assert (issue["state"], issue["count"], issue["cause"]["class"], issue["example"]) == ("open", 1, "transient", "r1")
    assert issues("acknowledge", key, "--note=asked IT").stdout == f"{key}  acknowledged\n"
    assert issues("list").stdout == "issues: 1 acknowledged\n"
    site.put("r2", AT.replace(hour=4))
    assert "reopened" in issues("list").stdout
    shown = data_of(issues("show", key, "--output=json"))
    assert (shown["reopened"], shown["recurred"], shown["note"]) == (True, 1, "asked IT")
    assert issues("resolve", key).stdout == f"{key}  resolved; 2 dead letters left\n"
    assert [each["key"] for each in data_of(issues("list", "--state=resolved", "--output=json"))["issues"]] == [key]
    assert data_of(issues("reopen", key, "--note=", "--output=json"))["note"] is None
    assert data_of(issues("list", "--state=all", "--output=json"))["states"] == {
        "open": 1,
        "acknowledged": 0,
        "resolved": 0,
    }


def test_an_unknown_key_is_not_found(issues: Command) -> None:
    """Nothing is changed."""
    for name in ("show", "acknowledge", "resolve", "reopen"):
        assert ended(issues(name, "0123456789ab"), FailedError).startswith("Issue 0123456789ab not found")


def test_a_note_that_is_too_long_is_rejected_before_anything_is_read(issues: Command) -> None:
    """The sentence has the limit."""
    assert "at most 1,000" in ended(issues("resolve", "0123456789ab", f"--note={'x' * 1001}"), ConfigurationError)


def test_an_older_stack_lists_open_issues_with_a_notice(
    issues: Command, site: IssueSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change is rejected before the dead letters are read."""
    outputs = {name: value for name, value in site.scope.stack.outputs.items() if name != "IssuesTableName"}
    scope = site.scope._replace(stack=site.scope.stack._replace(outputs=outputs))
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    site.put("r1", AT)
    listed = issues("list")
    assert listed.exit_code == 0
    assert "has no table for the states of issues" in listed.stderr
    assert listed.stdout.endswith("issues: 1 open\n")
    changed = issues("resolve", "0123456789ab")
    assert "has no output IssuesTableName" in ended(changed, ConfigurationError)
    assert "reading" not in changed.stderr


def test_what_could_not_be_read_ends_with_code_1(issues: Command, site: IssueSite) -> None:
    """The rest is listed."""
    site.put("r1", AT)
    site.steps.fail("ListExecutions", machine("pod"), "AccessDeniedException")
    result = issues("list")
    assert result.exit_code == 1
    assert "The executions" in result.stderr or "denied" in result.stderr
    assert result.stdout.endswith("issues: 1 open\n")


@pytest.mark.parametrize("command", ["list --state all", "show", "acknowledge"])
def test_output_fits_80_columns(
    command: str, issues: Command, site: IssueSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names are long."""
    monkeypatch.setattr(output, "width_of", lambda _: 80)
    monkeypatch.setattr("scripts.issues.commands.width_of", lambda _: 80)
    site.put("r" * 32, AT, route="loans-of-the-main-library", target="topic:loan-created-at-the-main-library")
    words = command.split()
    key = [] if words[0] == "list" else [site.only().key]
    assert too_wide(issues(*words, *key).output) == []
