"""Test that lost statements of queue policies are found."""

import json
from typing import Any

from scripts.doctor.queue_policies import checks
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNHEALTHY, found

TLS_ONLY: dict[str, Any] = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def put(subject: Subject, output: str, **changed: Any) -> None:
    """Set the policy of a queue."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": [TLS_ONLY | changed]})
    subject.scope.aws.sqs.set_queue_attributes(
        QueueUrl=subject.scope.stack.outputs[output], Attributes={"Policy": policy}
    )


def test_queues_with_their_policies_are_healthy(subject: Subject) -> None:
    """Both queues are checked."""
    for output in ("QueueUrl", "DeadLetterQueueUrl"):
        put(subject, output)
    assert [finding.state for finding in found(checks, subject)] == [OK]


def test_a_queue_without_its_policy_is_unhealthy(subject: Subject) -> None:
    """This covers a deleted and a changed policy."""
    put(subject, "DeadLetterQueueUrl", Effect="Allow")
    first, second = found(checks, subject)
    assert {first.state, second.state} == {UNHEALTHY}
    assert first.message == "the policy of webhooks lacks TlsOnly"
    assert second.message == "the policy of dead-letters lacks TlsOnly"
    assert first.fix == "alma-webhooks doctor --fix --stage dev"


def test_a_deleted_queue_is_left_to_another_check(subject: Subject) -> None:
    """It is reported only once."""
    put(subject, "DeadLetterQueueUrl")
    subject.scope.aws.sqs.delete_queue(QueueUrl=subject.scope.stack.outputs["QueueUrl"])
    assert [finding.state for finding in found(checks, subject)] == [OK]
