"""Test what the overview reads from AWS, in process: the logs in one pass, the queues, the alarms."""

from datetime import UTC, timedelta
from typing import Any, Literal

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.drain.estimate import Trend
from scripts.drain.service import DrainReader
from scripts.overview.buckets import OverviewWindow
from scripts.overview.service import (
    DEAD_LETTERS,
    DEAD_NOTIFICATIONS,
    NOTIFICATIONS,
    WEBHOOKS,
    EventSummary,
    alarms_of,
    events_of,
    waiting_of,
)
from tests.scripts.dead_letters.notified import NotificationQueues
from tests.scripts.overview.stacks import queued_scope, refused
from tests.scripts.reconciliation.test_logs import silent
from tests.scripts.stack_logs import INGEST, PROCESSOR, Site

LOANS = {"route": "loans", "target": "topic:loan-created", "outcome": "delivered"}


@pytest.fixture(autouse=True)
def no_notifications(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stage has no notifications."""
    monkeypatch.setattr("scripts.overview.service.notifications_of", lambda _: None)


def read(site: Site, window: OverviewWindow = OverviewWindow.HOUR) -> EventSummary:
    return events_of(site.scope, window, UTC, silent)


def test_the_flow_reconciles(site: Site) -> None:
    """Each accepted event of all profiles is in exactly one place."""
    site.accepted("r1", "r2", "r3", "r4")
    site.accepted("r5", profile="consortium")
    site.accepted("young", age=10)
    site.accepted("long-ago", age=3700)
    for number, outcome in enumerate(["delivered", "ignored", "duplicate", "dead"], 1):
        site.ended(outcome, f"r{number}")
    site.ended("delivered", "a-stranger")
    site.write(INGEST, {"message": "rejected", "reason": "wrong-signature"}, age=60)
    flow = read(site).flow
    assert flow.accepted == sum(flow.outcomes.values()) == 6
    assert dict(flow.outcomes) == {
        "delivered": 1,
        "ignored": 1,
        "duplicate": 1,
        "dead": 1,
        "discarded": 0,
        "in_flight": 1,
        "missing": 1,
    }
    assert (flow.missing, flow.missing_ids, flow.rejected) == (1, ["r5"], {"wrong-signature": 1})
    assert (flow.without_accepted, flow.partly_delivered, flow.notes) == (1, 0, [])


def test_the_traffic_is_counted_in_the_same_pass(site: Site) -> None:
    """Each log group is read once, and the buckets end when the window ends."""
    asked: list[str] = []
    event = "before-parameter-build.cloudwatch-logs.FilterLogEvents"
    site.aws.logs.meta.events.register(event, lambda params, **_: asked.append(params["logGroupName"]))
    site.write(INGEST, {"message": "accepted", "receipt_id": "r1", "profile": "alma", "duration_ms": 3.1}, age=600)
    line = {"message": "outcome", "outcome": "delivered", "receipt_id": "r1", "action": "LOAN", "deliveries": [LOANS]}
    site.write(PROCESSOR, line, age=599)
    flow, traffic = read(site, OverviewWindow.DAY)
    assert asked == [INGEST, PROCESSOR]
    assert [(family.name, family.total) for family in traffic.families] == [("LOAN", 1)]
    assert [(each.route, each.total) for each in traffic.deliveries] == [("loans", 1)]
    assert sum(latencies.count for latencies in traffic.latencies) == 1
    assert traffic.buckets[-1].end.timestamp() * 1000 == flow.window.until
    assert flow.window.until - flow.window.since == timedelta(days=1) // timedelta(milliseconds=1)


def test_a_week_is_shortened_to_what_the_logs_keep(site: Site) -> None:
    """A note says so; the reconciliation knows why."""
    site.aws.logs.put_retention_policy(logGroupName=PROCESSOR, retentionInDays=1)
    flow = read(site, OverviewWindow.WEEK).flow
    assert "keeps lines for 1 d" in flow.notes[0]


def test_empty_queues_need_no_metric(scope: StackContext) -> None:
    """There is no oldest message."""
    with Stubber(scope.aws.cloudwatch):
        found = waiting_of(queued_scope(scope))
    assert [(each.name, each.messages, each.age_problem) for each in found] == [
        (WEBHOOKS, 0, ""),
        (DEAD_LETTERS, 0, ""),
    ]


def test_messages_have_the_age_of_the_oldest_one(scope: StackContext) -> None:
    """Without a point its age is not known, and that is no problem of reading."""
    opened = queued_scope(scope)
    for output in ("QueueUrl", "DeadLetterQueueUrl"):
        scope.aws.sqs.send_message(QueueUrl=opened.stack.outputs[output], MessageBody="a")
    datum: Any = {
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": "webhooks"}],
        "Value": 40,
    }
    scope.aws.cloudwatch.put_metric_data(Namespace="AWS/SQS", MetricData=[datum])
    webhooks, dead = waiting_of(opened)
    assert webhooks.load
    assert dead.load
    assert (webhooks.messages, webhooks.load.age) == (1, timedelta(seconds=40))
    assert (dead.messages, dead.load.age, dead.age_problem, dead.holds_dead_letters) == (1, None, "", True)


def test_the_depth_is_known_if_the_age_cannot_be_read(scope: StackContext) -> None:
    """CloudWatch is another right, and can fail alone."""
    opened = queued_scope(scope)
    scope.aws.sqs.send_message(QueueUrl=opened.stack.outputs["QueueUrl"], MessageBody="a")
    refused(scope.aws.cloudwatch, "GetMetricData", "AccessDenied")
    [webhooks, _] = waiting_of(opened)
    assert webhooks.messages == 1
    assert webhooks.age_problem == "AWS denied access: the permission cloudwatch:GetMetricData is missing"


def test_a_queue_that_does_not_exist_has_no_load(scope: StackContext) -> None:
    """Others are read nevertheless."""
    opened = queued_scope(scope)
    scope.aws.sqs.delete_queue(QueueUrl=opened.stack.outputs["QueueUrl"])
    [webhooks, dead] = waiting_of(opened)
    assert (webhooks.load, webhooks.messages, dead.messages) == (None, 0, 0)
    assert dead.load is not None


def test_other_errors_are_raised(scope: StackContext) -> None:
    """Expired credentials must not look like an empty queue."""
    opened = queued_scope(scope)
    refused(scope.aws.sqs, "GetQueueAttributes", "ExpiredToken")
    with pytest.raises(ClientError, match="ExpiredToken"):
        waiting_of(opened)
    with pytest.raises(ConfigurationError, match="has no output QueueUrl"):
        waiting_of(scope)


def test_the_queues_of_notifications_are_read_if_there_are_any(
    scope: StackContext, notified: NotificationQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They belong to another stack."""
    monkeypatch.setattr("scripts.overview.service.notifications_of", lambda _: Stack("n", notified.outputs))
    found = waiting_of(queued_scope(scope))
    assert [each.name for each in found] == [WEBHOOKS, DEAD_LETTERS, NOTIFICATIONS, DEAD_NOTIFICATIONS]


def alarm(
    scope: StackContext, name: str, state: Literal["OK", "ALARM", "INSUFFICIENT_DATA"], description: str = ""
) -> None:
    scope.aws.cloudwatch.put_metric_alarm(
        AlarmName=f"{scope.stack.name}-{name}",
        AlarmDescription=description,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Namespace="AWS/SQS",
        MetricName="X",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    scope.aws.cloudwatch.set_alarm_state(
        AlarmName=f"{scope.stack.name}-{name}", StateValue=state, StateReason=f"{name}\n1"
    )


def test_alarms_are_sorted_by_their_state(scope: StackContext) -> None:
    """An active alarm has its reason and the next step of its description; those of other stacks are not listed."""
    alarm(scope, "dead-letters", "ALARM", "Events died. First: alma-webhooks dead-letters list --stage dev")
    alarm(scope, "age", "ALARM", "Events wait. First: alma-webhooks doctor --stage dev")
    alarm(scope, "silence", "INSUFFICIENT_DATA")
    alarm(scope, "errors", "OK")
    other = scope._replace(stack=scope.stack._replace(name="somebody-else"))
    alarm(other, "errors", "ALARM")
    found = alarms_of(scope)
    assert [(each.name, each.reason) for each in found.active] == [
        ("alma-webhooks-dev-age", "age 1"),
        ("alma-webhooks-dev-dead-letters", "dead-letters 1"),
    ]
    assert found.active[0].next_step == 'Events wait. See RUNBOOK.md, "From the alarm", for the next step'
    assert "dead-letters list" in found.active[1].next_step
    assert found.active[0].since is not None
    assert (found.without_data, found.quiet, found.total) == (["alma-webhooks-dev-silence"], 1, 4)


def test_composite_alarms_come_first(scope: StackContext) -> None:
    """They are what notifies people."""
    alarm(scope, "age", "ALARM")
    with Stubber(scope.aws.cloudwatch) as stub:
        answer: Any = {
            "MetricAlarms": [{"AlarmName": "alma-webhooks-dev-age", "StateValue": "ALARM"}],
            "CompositeAlarms": [
                {"AlarmName": "alma-webhooks-dev-ticket", "AlarmRule": "ALARM(a)", "StateValue": "ALARM"}
            ],
        }
        stub.add_response("describe_alarms", answer)
        assert [each.name for each in alarms_of(scope).active] == ["alma-webhooks-dev-ticket", "alma-webhooks-dev-age"]


def test_the_drain_is_that_of_the_webhook_queue(scope: StackContext) -> None:
    """What waits as a dead letter waits for an operator."""
    opened = queued_scope(scope)
    webhooks, dead = waiting_of(opened, DrainReader(opened))
    assert webhooks.drain
    assert (webhooks.drain.trend, dead.drain) == (Trend.empty, None)
    scope.aws.sqs.delete_queue(QueueUrl=opened.stack.outputs["QueueUrl"])
    assert [each.drain for each in waiting_of(opened, DrainReader(opened))] == [None, None]
