"""The command `trace`: its output and exit codes; AWS is in process."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError
from scripts.main import app
from scripts.request_trace.follow import follow_request
from tests.scripts.passing_time import PassingTime
from tests.scripts.stack_logs import Site

Command = Callable[..., Result]


@pytest.fixture
def trace(site: Site, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `alma-webhooks trace …`."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: site.scope)
    time = PassingTime()
    follow = partial(follow_request, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr("scripts.request_trace.commands.follow_request", follow)
    return lambda *arguments: CliRunner().invoke(app, ["trace", *arguments])


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout))


def test_trace_shows_the_lines_of_any_request(trace: Command, site: Site) -> None:
    """Whether it became a dead letter or not; for two weeks unless --since is passed."""
    site.accepted("r1", "r2", age=13 * 86_400)
    site.ended("delivered", "r1")
    result = trace("r1")
    assert result.exit_code == 0
    assert [line[24:].strip() for line in result.stdout.splitlines()] == [
        "ingest     accepted           profile alma",
        "processor  outcome delivered  profile alma",
    ]
    data = data_of(trace("r1", "--output=json"))
    assert [line["line"]["message"] for line in data["lines"]] == ["accepted", "outcome"]
    assert len(data_of(trace("r1", "--output=json", "--since=1h"))["lines"]) == 1


def test_trace_fails_if_there_are_no_lines(trace: Command) -> None:
    """Exit 1 with what to check; an invalid time or ID is exit 2."""
    assert ended(trace("r9"), FailedError).startswith("No log lines about r9 in alma-webhooks-dev since 14d: check")
    assert ended(trace("r9", "--since=yesterday"), ConfigurationError).startswith("--since takes a time ago")
    assert ended(trace(""), ConfigurationError).startswith("ID must be a receipt ID")


def test_follow_prints_lines_until_the_outcome(trace: Command, site: Site) -> None:
    """As JSON the same document as without --follow."""
    site.accepted("r1")
    site.ended("delivered", "r1")
    shown = trace("r1", "--follow").stdout
    assert [line.split()[1] for line in shown.splitlines()] == ["ingest", "processor"]
    assert data_of(trace("r1", "--follow", "--output=json")) == data_of(trace("r1", "--output=json"))


def test_follow_without_an_outcome_fails_after_the_limit(trace: Command, site: Site) -> None:
    """The lines that there are were printed; without any line the sentence is the usual one."""
    site.accepted("r1")
    result = trace("r1", "--follow", "--timeout=4s")
    assert "accepted" in result.stdout
    assert ended(result, FailedError).startswith("No outcome of r1 after 4s")
    assert ended(trace("r9", "--follow", "--timeout=4s"), FailedError).startswith("No log lines about r9")


def test_a_timeout_is_for_follow(trace: Command) -> None:
    """Exit 2, also for one that is not a duration."""
    assert "--timeout needs --follow" in ended(trace("r1", "--timeout=1s"), ConfigurationError)
    assert "--timeout takes a duration" in ended(trace("r1", "--follow", "--timeout=soon"), ConfigurationError)
