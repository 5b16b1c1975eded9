"""What lies on the queues, since when, and when that is bad."""

from datetime import timedelta
from typing import Any

import pytest

from scripts.aws.clients import Aws
from scripts.doctor.finding import Health
from scripts.doctor.queues import checks
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import BAD, OK, UNKNOWN, found


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


def test_empty_queues_are_well_without_any_point(subject: Subject) -> None:
    """CloudWatch has none of a queue that nobody uses, and nobody needs one."""
    findings = found(checks, subject)
    assert [(finding.check, finding.state) for finding in findings] == [("queue", OK), ("dead letters", OK)]


@pytest.mark.parametrize(
    ("seconds", "state", "message"),
    [
        (40, OK, "about 2 messages, oldest 40 s on the webhook queue"),
        (300, OK, "oldest 5 min"),
        (301, BAD, "(limit 5 min)"),
        (86_400, BAD, "oldest 24 h"),
        (3 * 86_400, BAD, "oldest 3 d"),
    ],
)
def test_events_that_wait_too_long_are_bad(subject: Subject, seconds: float, state: Health, message: str) -> None:
    """Longer than the alarm waits; the count alone is no trouble."""
    put(subject, "QueueUrl", "a", "b")
    aged(subject, "webhooks", 9_999, ago=timedelta(minutes=9))  # the last point counts
    aged(subject, "webhooks", seconds)
    [finding] = found(checks, subject, "queue")
    assert finding.state is state
    assert message in finding.message
    assert bool(finding.fix) == (state is BAD)


def test_the_visibility_timeout_is_waited_for_twice(subject: Subject) -> None:
    """A first retry is no trouble."""
    url = subject.scope.stack.outputs["QueueUrl"]
    subject.scope.aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "600"})
    put(subject, "QueueUrl", "a")
    aged(subject, "webhooks", 1200)
    assert found(checks, subject, "queue")[0].state is OK
    aged(subject, "webhooks", 1201, ago=timedelta(minutes=1))
    assert found(checks, subject, "queue")[0].state is BAD


def test_an_age_without_a_point_is_unknown(subject: Subject) -> None:
    """What waits may have waited for days."""
    put(subject, "QueueUrl", "a")
    [finding] = found(checks, subject, "queue")
    assert (finding.state, finding.fix) == (UNKNOWN, "check again in a few minutes")


def test_what_is_received_counts(subject: Subject) -> None:
    """An event in flight is on the queue."""
    put(subject, "QueueUrl", "a")
    subject.scope.aws.sqs.receive_message(QueueUrl=subject.scope.stack.outputs["QueueUrl"])
    assert "about 1" in found(checks, subject, "queue")[0].message


def test_dead_letters_are_bad(subject: Subject) -> None:
    """With their age, if that is known, and the command that lists them."""
    put(subject, "DeadLetterQueueUrl", "a")
    [finding] = found(checks, subject, "dead letters")
    assert (finding.state, finding.fix) == (BAD, "alma-webhooks dead-letters list --stage dev")
    assert finding.message == "about 1 message; they expire 14 days after they arrived"
    aged(subject, "dead-letters", 8 * 86_400)
    assert "about 1 message, oldest 8 d;" in found(checks, subject, "dead letters")[0].message


def test_queues_that_are_gone_are_bad(subject: Subject, aws: Aws) -> None:
    """CloudFormation does not make them again by itself."""
    for name in ("QueueUrl", "DeadLetterQueueUrl"):
        aws.sqs.delete_queue(QueueUrl=subject.scope.stack.outputs[name])
    findings = found(checks, subject)
    assert [finding.state for finding in findings] == [BAD, BAD]
    assert all("does not exist" in f.message and f.fix == "alma-webhooks doctor --fix --stage dev" for f in findings)
