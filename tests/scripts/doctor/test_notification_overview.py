"""Test the state of the notifications: topics of the table and the file, activity of integrations, findings."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import ConfigurationError
from scripts.doctor.check import Finding, unhealthy
from scripts.doctor.notification_overview import NotificationOverview, notification_overview
from scripts.project.declared_topics import declared_topics
from scripts.topics.differences import TopicAction
from tests.scripts.request_trace.conftest import PRODUCER, SENDER
from tests.scripts.request_trace.test_notified import sent
from tests.scripts.topics.site import OUTPUTS, TOPICS, TopicSite, described, made

FINDING = unhealthy("a finding")
LOGS = {"ProducerLogGroupName": PRODUCER, "SenderLogGroupName": SENDER}


@pytest.fixture
def site(scope: StackContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TopicSite:
    """A stage with the two topics of the project's file applied, and an empty log of the sender."""
    site = made(scope, tmp_path)
    stack = described()
    stack["Outputs"] = [{"OutputKey": name, "OutputValue": value} for name, value in (OUTPUTS | LOGS).items()]
    monkeypatch.setattr("scripts.aws.stack.describe", lambda _aws, name: stack if name.endswith("ns") else None)
    site.scope.aws.logs.create_log_group(logGroupName=SENDER)
    site.scope.aws.logs.create_log_stream(logGroupName=SENDER, logStreamName="s")
    site.declare()
    project = site.scope.address.project
    assert project
    site.service.apply(site.service.plan(declared_topics(project.notifications)))
    return site


def overview(site: TopicSite) -> NotificationOverview:
    def examine(_scope: StackContext) -> list[Finding]:
        return [FINDING]

    return notification_overview(site.scope, examine)


def write(site: TopicSite, *lines: Any) -> None:
    events: Any = [{"timestamp": round((time.time() - 60) * 1000), "message": json.dumps(line)} for line in lines]
    site.scope.aws.logs.put_log_events(logGroupName=SENDER, logStreamName="s", logEvents=events)


def test_each_topic_has_its_integrations_with_their_activity(site: TopicSite) -> None:
    """An integration that the sender logged nothing of has none."""
    write(site, sent("team", "accepted"), sent("team", "accepted"))
    jobs, loans = overview(site).topics
    assert [(each.name, each.type) for each in jobs.integrations] == [("team", "slack"), ("desk", "email")]
    team, desk = (each.activity for each in jobs.integrations)
    assert team is not None
    assert (team.counts, desk) == ({"accepted": 2}, None)
    assert (loans.path, loans.is_as_declared, loans.problem) == ("students/loans", True, "")


def test_secrets_that_are_not_stored_are_named(site: TopicSite) -> None:
    """With the topic that needs them."""
    assert [each.missing_secrets for each in overview(site).topics] == [("slack-team",), ()]


def test_topics_are_compared_with_the_file(site: TopicSite) -> None:
    """One that is only in the file is listed too, and one that is only stored differs."""
    site.declare(TOPICS.replace("students:", "everybody:").replace("is due", "is over"))
    found = overview(site)
    assert found.file == "notifications.yaml"
    actions = {each.path: each.difference.action for each in found.topics if each.difference}
    assert actions == {
        "everybody/loans": TopicAction.create,
        "library/jobs": TopicAction.change,
        "students/loans": TopicAction.keep,
    }
    assert [each.is_as_declared for each in found.topics] == [False, False, False]


def test_without_a_file_nothing_is_compared(site: TopicSite) -> None:
    """Every topic counts as declared."""
    (site.folder / "notifications.yaml").unlink()
    found = overview(site)
    assert (found.file, {each.difference for each in found.topics}) == ("", {None})
    assert all(each.is_as_declared for each in found.topics)


def test_a_topic_that_was_changed_by_hand_has_a_problem(site: TopicSite) -> None:
    """It has no integrations that could be tried."""
    table = OUTPUTS["TopicsTableName"]
    site.scope.aws.dynamodb.put_item(TableName=table, Item={"Name": {"S": "library+jobs"}, "Id": {"S": "x"}})
    jobs, _ = overview(site).topics
    assert jobs.problem
    assert jobs.integrations == ()


def test_the_findings_of_doctor_are_part_of_it(site: TopicSite) -> None:
    """In their order."""
    assert overview(site).findings == (FINDING,)


def test_a_stage_without_notifications_is_an_error(site: TopicSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to do."""
    monkeypatch.setattr("scripts.aws.stack.describe", lambda *_: None)
    with pytest.raises(ConfigurationError, match="Set `notifications: true` for the stage"):
        overview(site)
