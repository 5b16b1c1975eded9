"""Test the reconciliation of notifications over AWS in process: its logs, its queue, its output and its exit codes."""

import json

import pytest
from typer.testing import CliRunner, Result

from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.main import app
from tests.moto_resources import create_log_group
from tests.scripts.reconciliation.test_notification_lines import posted, routed, sent
from tests.scripts.stack_logs import PROCESSOR, Site

NAME = "alma-webhooks-dev-notifications"
PRODUCER, SENDER = (f"/aws/lambda/{NAME}-{function}" for function in ("producer", "sender"))


@pytest.fixture
def notified(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A stack with notifications, whose queue and logs are empty."""
    for group in (PRODUCER, SENDER):
        create_log_group(site.aws, group, "s")
    url = site.aws.sqs.create_queue(QueueName=f"{NAME}-queue")["QueueUrl"]
    outputs = {"ProducerLogGroupName": PRODUCER, "SenderLogGroupName": SENDER, "QueueUrl": url}
    stack = Stack(NAME, outputs)
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: site.scope)
    monkeypatch.setattr("scripts.aws.notifications_stack.notifications_of", lambda _: stack)
    return site


def reconcile(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["reconcile", "--since=1h", "--queue=notifications", *arguments])


def test_notifications_are_reconciled_by_topic(notified: Site) -> None:
    """Those of posts and of routes."""
    notified.write(PRODUCER, posted(2)[1], age=600)
    notified.write(PROCESSOR, routed(receipt_id="r2")[1], age=500)
    notified.write(SENDER, sent("team", "accepted")[1], sent("mail", "dead")[1], age=400)
    notified.write(SENDER, sent("team", "accepted", receipt_id="r2")[1], age=400)
    result = reconcile()
    assert result.exit_code == 0, result.output
    first, *lines = result.stdout.splitlines()
    assert first.startswith("alma-webhooks-dev, notifications queued from 20")
    assert lines == [
        "",
        "topic         queued  accepted  duplicate  summarized  fallback  dead  in flight  missing",
        "library/jobs       3         2          0           0         0     1          0        0",
        "all                3         2          0           0         0     1          0        0",
        "",
        "reconciled",
    ]


def test_a_missing_notification_is_listed(notified: Site) -> None:
    """The exit code is 1."""
    notified.write(PRODUCER, posted(2)[1], age=600)
    notified.write(SENDER, sent("team", "accepted")[1], age=400)
    result = reconcile()
    assert result.exit_code == 1
    *_, missing, advice, verdict = result.stdout.splitlines()
    assert missing.startswith("missing: receipt r1, library/jobs, queued 20")
    assert (advice.startswith("Check their dead-letter queue"), verdict) == (True, "1 missing")
    data = json.loads(reconcile("--output=json").stdout)
    assert (data["queue"], data["reconciled"], data["all"]["missing"]) == ("notifications", False, 1)
    assert data["missing"][0]["integration"] is None


def test_young_and_queued_notifications_are_in_flight(notified: Site) -> None:
    """The queue is that of the notifications."""
    url = notified.aws.sqs.get_queue_url(QueueName=f"{NAME}-queue")["QueueUrl"]
    notified.aws.sqs.send_message(QueueUrl=url, MessageBody="{}")
    notified.write(PRODUCER, posted(1)[1], age=600)
    notified.write(PRODUCER, posted(1, receipt_id="r3")[1], age=5)
    result = reconcile()
    assert result.exit_code == 0, result.output
    assert (
        "2 in flight: 1 queued in the last minutes, 0 to be retried, 1 on the queue, which holds about 1 message"
        in (result.stdout)
    )


def test_an_alma_profile_selects_no_notifications() -> None:
    """They have topics."""
    result = reconcile("--alma-profile=alma")
    assert isinstance(result.exception, ConfigurationError)
    assert str(result.exception).startswith("--alma-profile selects events.")


def test_a_stage_without_notifications_has_none_to_reconcile(notified: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error, because nothing was compared."""
    assert notified
    monkeypatch.setattr("scripts.aws.notifications_stack.notifications_of", lambda _: None)
    monkeypatch.setattr("scripts.aws.notifications_stack.stack.describe", lambda *_: None)
    result = reconcile()
    assert isinstance(result.exception, ConfigurationError)
    assert str(result.exception).startswith("Stack alma-webhooks-dev-notifications not found in ")
