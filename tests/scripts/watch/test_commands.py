"""The command `watch` without a terminal: plain lines or JSON until Ctrl-C."""

import json
import signal
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from scripts.aws.event_follower import EventFollower
from scripts.cli.exit_codes import ConfigurationError, FailedError, StoppedError
from scripts.drain.service import DrainReader
from scripts.main import app
from tests.scripts.drain.test_report import FALLING
from tests.scripts.stack_logs import Site

Watch = Callable[..., Result]


@pytest.fixture
def watch(site: Site, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Run `alma-webhooks watch …` until the third pause, at which Ctrl-C is pressed."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: site.scope)
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            signal.raise_signal(signal.SIGINT)
        site.ended("dead", f"r{len(pauses)}", age=-1)

    monkeypatch.setattr("scripts.watch.commands.time.sleep", sleep)
    return lambda *arguments: CliRunner().invoke(app, ["watch", *arguments])


def test_a_pipe_gets_a_line_for_each_event_until_ctrl_c(watch: Watch, site: Site) -> None:
    """The exit code is that of Ctrl-C."""
    site.ended("delivered", "r0", age=60)
    result = watch("--since=5m")
    assert isinstance(result.exception, StoppedError)
    lines = result.stdout.splitlines()
    assert lines[0].startswith("time     event")
    assert [line.split()[-1] for line in lines[1:]] == ["r0", "r1", "r2"]


def test_json_has_an_object_on_each_line(watch: Watch) -> None:
    """And nothing else."""
    result = watch("--output=json")
    assert [json.loads(line)["receipt_id"] for line in result.stdout.splitlines()] == ["r1", "r2"]


def test_an_invalid_time_is_an_error(watch: Watch) -> None:
    """It names the flag."""
    result = watch("--since=yesterday")
    assert isinstance(result.exception, ConfigurationError)
    assert "--since" in str(result.exception)


def test_a_missing_log_is_an_error(watch: Watch, site: Site) -> None:
    """In one sentence."""
    site.aws.logs.delete_log_group(logGroupName=site.scope.stack.outputs["ProcessorLogGroupName"])
    result = watch()
    assert isinstance(result.exception, FailedError)
    assert "not found" in str(result.exception)


def test_throttling_is_reported_once(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error; the events follow later."""
    monkeypatch.setattr(EventFollower, "is_slowed", True)
    assert watch().stderr.splitlines()[1:] == ["AWS is busy or does not answer; events follow later"]


def test_waiting_events_are_a_notice(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error, once a minute, so that the output has nothing but events."""
    monkeypatch.setattr(DrainReader, "read", lambda _: FALLING)
    result = watch("--output=json")
    [line] = [line for line in result.stderr.splitlines() if "waiting" in line]
    assert line.startswith("412 waiting, empty at about ")
    assert "waiting" not in result.stdout
