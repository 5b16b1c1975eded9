"""Test the checks of the queues: waiting messages, dead letters, policies, and the mapping of the processor."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.cli.advice import Fix
from scripts.doctor.check import Finding, Health, Subject
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


def test_when_no_event_waits_is_reported(subject: Subject) -> None:
    """One look has no past unless CloudWatch has one; an empty or missing queue has no finding."""
    aws, url = subject.scope.aws, subject.scope.stack.outputs["QueueUrl"]
    assert found(subject, "drain") == []
    put(subject, "QueueUrl", "a", "b")
    [finding] = found(subject, "drain")
    assert (finding.state, finding.message) == (
        OK,
        "2 waiting, when it is empty is not known: CloudWatch has too few points yet",
    )
    aws.sqs.delete_queue(QueueUrl=url)
    assert found(subject, "drain") == []


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


FIX = "alma-webhooks doctor --fix --stage dev"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:webhooks"
U1, U2, U3 = (f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2, 3))
OTHER = "arn:aws:sqs:us-east-1:123456789012:other"


def mapped(uuid: str, source: str = QUEUE, state: str = "Enabled") -> dict[str, Any]:
    return {"UUID": uuid, "EventSourceArn": source, "State": state}


@pytest.fixture
def stub(subject: Subject) -> Iterator[Stubber]:
    """Stub Lambda, for which moto needs more packages."""
    with Stubber(subject.scope.aws.functions) as stubber:
        yield stubber


def looked(subject: Subject, stub: Stubber, *mappings: dict[str, Any]) -> list[tuple[Health, str]]:
    answer = {"EventSourceMappings": list(mappings)}
    stub.add_response("list_event_source_mappings", answer, {"FunctionName": "processor"})
    return [(finding.state, finding.fix) for finding in found(subject, "mapping")]


def test_one_enabled_mapping_is_healthy(subject: Subject, stub: Stubber) -> None:
    """There is no fix."""
    assert looked(subject, stub, mapped(U1)) == [(OK, "")]


@pytest.mark.parametrize("state", ["Disabled", "Disabling", "Deleting"])
def test_a_disabled_mapping_is_unhealthy(subject: Subject, stub: Stubber, state: str) -> None:
    """The fix is the command that enables it."""
    assert looked(subject, stub, mapped(U1, state=state)) == [(UNHEALTHY, FIX)]


def test_a_mapping_that_is_being_created_is_unknown(subject: Subject, stub: Stubber) -> None:
    """The fix is to check again later."""
    assert looked(subject, stub, mapped(U1, state="Enabling")) == [(UNKNOWN, "check again in a few minutes")]


def test_a_missing_mapping_is_unhealthy(subject: Subject, stub: Stubber) -> None:
    """A mapping to another queue does not count."""
    assert looked(subject, stub) == [(UNHEALTHY, FIX)]
    deleted = f"aws lambda delete-event-source-mapping --uuid {U2} --region us-east-1"
    assert looked(subject, stub, mapped(U2, OTHER)) == [(UNHEALTHY, FIX), (UNHEALTHY, deleted)]


def test_a_second_mapping_is_unhealthy(subject: Subject, stub: Stubber) -> None:
    """It may be to the same queue or to another."""
    found_here = looked(subject, stub, mapped(U1), mapped(U2), mapped(U3, OTHER))
    deleted = [f"aws lambda delete-event-source-mapping --uuid {uuid} --region us-east-1" for uuid in (U2, U3)]
    assert found_here == [(OK, ""), *((UNHEALTHY, fix) for fix in deleted)]


def test_a_mapping_that_may_not_be_read_is_unknown(subject: Subject, stub: Stubber) -> None:
    """The missing right is named."""
    stub.add_client_error("list_event_source_mappings", "AccessDeniedException")
    [finding] = found(subject, "mapping")
    message = "AWS denied access: the permission lambda:ListEventSourceMappings is missing"
    assert finding == Finding("mapping", UNKNOWN, message, Fix("grant your role lambda:ListEventSourceMappings"))


def test_a_mapping_of_a_deleted_queue_is_unknown(subject: Subject) -> None:
    """The fix recreates the queue."""
    subject.scope.aws.sqs.delete_queue(QueueUrl=subject.scope.stack.outputs["QueueUrl"])
    [finding] = found(subject, "mapping")
    assert (finding.state, finding.fix) == (UNKNOWN, FIX)
