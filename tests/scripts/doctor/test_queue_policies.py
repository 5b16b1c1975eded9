"""The queues' policies: whole, or lost with their statements named."""

import json
from typing import Any

from scripts.doctor.queue_policies import checks
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import BAD, OK, found

TLS_ONLY: dict[str, Any] = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def put(subject: Subject, output: str, **changed: Any) -> None:
    """Sets a queue's policy."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": [TLS_ONLY | changed]})
    subject.scope.aws.sqs.set_queue_attributes(
        QueueUrl=subject.scope.stack.outputs[output], Attributes={"Policy": policy}
    )


def test_queues_with_their_policies_are_well(subject: Subject) -> None:
    """Both of them."""
    for output in ("QueueUrl", "DeadLetterQueueUrl"):
        put(subject, output)
    assert [finding.state for finding in found(checks, subject)] == [OK]


def test_a_queue_without_its_policy_is_bad(subject: Subject) -> None:
    """One that was deleted, and one that was changed."""
    put(subject, "DeadLetterQueueUrl", Effect="Allow")
    first, second = found(checks, subject)
    assert {first.state, second.state} == {BAD}
    assert first.message == "the policy of webhooks lacks TlsOnly"
    assert second.message == "the policy of dead-letters lacks TlsOnly"
    assert first.fix == "alma-webhooks doctor --fix --stage dev"


def test_a_queue_that_is_gone_is_another_checks_matter(subject: Subject) -> None:
    """It is message once."""
    put(subject, "DeadLetterQueueUrl")
    subject.scope.aws.sqs.delete_queue(QueueUrl=subject.scope.stack.outputs["QueueUrl"])
    assert [finding.state for finding in found(checks, subject)] == [OK]
