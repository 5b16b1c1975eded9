"""Test when messages on the queues are unhealthy, by number and age, and that lost policies are found."""

import json
from datetime import timedelta
from typing import Any

import pytest

from scripts.aws.clients import Aws
from scripts.doctor.finding import Health
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNHEALTHY, UNKNOWN, found


def put(subject: Subject, output: str, *bodies: str) -> None:
    for body in bodies:
        subject.scope.aws.sqs.send_message(QueueUrl=subject.scope.stack.outputs[output], MessageBody=body)


def aged(subject: Subject, queue: str, seconds: float, ago: timedelta = timedelta(minutes=2)) -> None:
    datum: Any = {
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
        "Timestamp": subject.aws_time - ago,
        "Value": seconds,
    }
    subject.scope.aws.cloudwatch.put_metric_data(Namespace="AWS/SQS", MetricData=[datum])


def test_empty_queues_are_healthy_without_metrics(subject: Subject) -> None:
    """CloudWatch has no points for inactive queues."""
    findings = found(subject, "queue", "dead letters")
    assert [(finding.check, finding.state) for finding in findings] == [("queue", OK), ("dead letters", OK)]


@pytest.mark.parametrize(
    ("seconds", "state", "message"),
    [
        (40, OK, "about 2 messages, oldest 40 s on the webhook queue"),
        (300, OK, "oldest 5 min"),
        (301, UNHEALTHY, "(limit 5 min)"),
        (86_400, UNHEALTHY, "oldest 24 h"),
        (3 * 86_400, UNHEALTHY, "oldest 3 d"),
    ],
)
def test_events_that_wait_too_long_are_unhealthy(subject: Subject, seconds: float, state: Health, message: str) -> None:
    """The limit is that of the alarm; the number alone does not matter."""
    put(subject, "QueueUrl", "a", "b")
    aged(subject, "webhooks", 9_999, ago=timedelta(minutes=9))  # the last point counts
    aged(subject, "webhooks", seconds)
    [finding] = found(subject, "queue")
    assert finding.state is state
    assert message in finding.message
    assert bool(finding.fix) == (state is UNHEALTHY)


def test_the_limit_is_twice_the_visibility_timeout(subject: Subject) -> None:
    """A first retry is normal."""
    url = subject.scope.stack.outputs["QueueUrl"]
    subject.scope.aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "600"})
    put(subject, "QueueUrl", "a")
    aged(subject, "webhooks", 1200)
    assert found(subject, "queue")[0].state is OK
    aged(subject, "webhooks", 1201, ago=timedelta(minutes=1))
    assert found(subject, "queue")[0].state is UNHEALTHY


def test_an_age_without_a_point_is_unknown(subject: Subject) -> None:
    """The messages may have waited for days."""
    put(subject, "QueueUrl", "a")
    [finding] = found(subject, "queue")
    assert (finding.state, finding.fix) == (UNKNOWN, "check again in a few minutes")


def test_received_messages_count(subject: Subject) -> None:
    """A received message is still on the queue."""
    put(subject, "QueueUrl", "a")
    subject.scope.aws.sqs.receive_message(QueueUrl=subject.scope.stack.outputs["QueueUrl"])
    assert "about 1" in found(subject, "queue")[0].message


def test_dead_letters_are_unhealthy(subject: Subject) -> None:
    """The age is shown if known; the fix is the command that lists them."""
    put(subject, "DeadLetterQueueUrl", "a")
    [finding] = found(subject, "dead letters")
    assert (finding.state, finding.fix) == (UNHEALTHY, "alma-webhooks dead-letters list --stage dev")
    assert finding.message == "about 1 message; they expire 14 days after they arrived"
    aged(subject, "dead-letters", 8 * 86_400)
    assert "about 1 message, oldest 8 d;" in found(subject, "dead letters")[0].message


def test_deleted_queues_are_unhealthy(subject: Subject, aws: Aws) -> None:
    """CloudFormation does not recreate them by itself."""
    for name in ("QueueUrl", "DeadLetterQueueUrl"):
        aws.sqs.delete_queue(QueueUrl=subject.scope.stack.outputs[name])
    findings = found(subject, "queue", "dead letters")
    assert [finding.state for finding in findings] == [UNHEALTHY, UNHEALTHY]
    assert all("does not exist" in f.message and f.fix == "alma-webhooks doctor --fix --stage dev" for f in findings)


TLS_ONLY: dict[str, Any] = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def put_policy(subject: Subject, output: str, **changed: Any) -> None:
    """Set the policy of a queue."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": [TLS_ONLY | changed]})
    subject.scope.aws.sqs.set_queue_attributes(
        QueueUrl=subject.scope.stack.outputs[output], Attributes={"Policy": policy}
    )


def test_queues_with_their_policies_are_healthy(subject: Subject) -> None:
    """Both queues are checked."""
    for output in ("QueueUrl", "DeadLetterQueueUrl"):
        put_policy(subject, output)
    assert [finding.state for finding in found(subject, "queue policies")] == [OK]


def test_a_queue_without_its_policy_is_unhealthy(subject: Subject) -> None:
    """This covers a deleted and a changed policy."""
    put_policy(subject, "DeadLetterQueueUrl", Effect="Allow")
    first, second = found(subject, "queue policies")
    assert {first.state, second.state} == {UNHEALTHY}
    assert first.message == "the policy of webhooks lacks TlsOnly"
    assert second.message == "the policy of dead-letters lacks TlsOnly"
    assert first.fix == "alma-webhooks doctor --fix --stage dev"


def test_a_deleted_queue_is_left_to_another_check(subject: Subject) -> None:
    """It is reported only once."""
    put_policy(subject, "DeadLetterQueueUrl")
    subject.scope.aws.sqs.delete_queue(QueueUrl=subject.scope.stack.outputs["QueueUrl"])
    assert [finding.state for finding in found(subject, "queue policies")] == [OK]
