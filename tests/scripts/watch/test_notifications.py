"""Test `watch --queue notifications`: the attempts of the sender, and counts by integration."""

import json
import signal
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError, StoppedError
from scripts.cli.options import StackFlags
from scripts.main import app
from scripts.watch.actions import NotificationActions
from scripts.watch.notifications import logged_attempt
from tests.scripts.request_trace.conftest import NOTIFIED, PRODUCER, SENDER
from tests.scripts.request_trace.test_notified import sent
from tests.scripts.stack_logs import Site
from tests.scripts.watch.events import event_of

REFUSED = {"class": "refused", "reason": "hooks.slack.com answered 404"}


@pytest.fixture
def notified(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A stack with notifications; the second pause of the command is Ctrl-C."""
    for group in (PRODUCER, SENDER):
        site.aws.logs.create_log_group(logGroupName=group)
        site.aws.logs.create_log_stream(logGroupName=group, logStreamName="s")
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: site.scope)
    monkeypatch.setattr("scripts.aws.notifications_stack.notifications_of", lambda _: NOTIFIED)
    monkeypatch.setattr("scripts.watch.commands.time.sleep", lambda _: signal.raise_signal(signal.SIGINT))
    return site


def watch(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["watch", "--queue=notifications", "--since=5m", *arguments])


def test_each_attempt_is_a_line_and_the_end_counts_them(notified: Site) -> None:
    """The counts are by topic and integration."""
    notified.write(SENDER, sent("slack", "retry", duration_ms=12.4), age=60)
    notified.write(SENDER, sent("slack", "dead", failure=REFUSED), sent("email", "accepted"), age=50)
    notified.write(SENDER, {"message": "cold start"}, age=40)
    result = watch()
    heading, *lines = (line.split()[1:] for line in result.stdout.splitlines())
    assert heading == ["topic", "type", "integration", "outcome", "ms"]
    assert lines == [
        ["library/jobs", "slack", "slack", "retry", "12", "r1"],
        ["library/jobs", "slack", "slack", "dead", "-", "r1", "refused:", "hooks.slack.com", "answered", "404"],
        ["library/jobs", "email", "email", "accepted", "-", "r1"],
    ]
    assert isinstance(result.exception, StoppedError)
    assert str(result.exception) == ("Stopped. library/jobs email: 1 accepted; library/jobs slack: 1 retry, 1 dead")


def test_json_has_an_object_for_each_attempt(notified: Site) -> None:
    """Its members have the names of the sender's line."""
    notified.write(SENDER, sent("slack", "accepted", duration_ms=1.5), age=50)
    [line] = map(json.loads, watch("--output=json").stdout.splitlines())
    assert line.pop("at").startswith("20")
    facts = {"topic": "library/jobs", "integration": "slack", "type": "slack"}
    assert line == {"receipt_id": "r1", **facts, "outcome": "accepted", "ms": 1.5, "reason": ""}


def test_a_stage_without_notifications_has_none_to_watch(notified: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would show nothing forever."""
    assert notified
    monkeypatch.setattr("scripts.aws.notifications_stack.notifications_of", lambda _: None)
    monkeypatch.setattr("scripts.aws.notifications_stack.stack.describe", lambda *_: None)
    result = watch()
    assert isinstance(result.exception, ConfigurationError)
    assert "so the stage dev has no notifications" in str(result.exception)


def test_a_stack_without_the_output_is_an_error(notified: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was deployed from another version."""
    assert notified
    monkeypatch.setattr("scripts.aws.notifications_stack.notifications_of", lambda _: Stack("s", {}))
    assert "Stack s has no output ProducerLogGroupName" in str(watch().exception)


@pytest.mark.parametrize("members", [{"message": "outcome", "outcome": "dead"}, {"message": "retry", "topic": 1}])
def test_an_attempt_at_an_unreadable_message_has_no_names(members: dict[str, Any]) -> None:
    """It became a dead letter, or comes back."""
    attempt = logged_attempt(1, members)
    assert attempt
    assert (attempt.routes, attempt.targets) == ((), ())


def test_the_actions_name_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """For dead letters only."""
    actions = NotificationActions(StackFlags())
    actions.explain(event_of(outcome="dead"))
    actions.replay(event_of(outcome="dead"), lambda _: True)
    actions.replay(event_of(outcome="accepted"), lambda _: True)
    assert capsys.readouterr().err.splitlines() == [
        "Run alma-webhooks dead-letters explain r1 --queue notifications.",
        "Run alma-webhooks dead-letters replay r1 --queue notifications.",
        "Only dead letters can be replayed; this event is accepted.",
    ]
