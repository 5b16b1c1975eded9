"""Test that events leaving the webhook queue are recognized by its counts. SQS is in process."""

import pytest

from scripts.aws.clients import Aws
from scripts.doctor.repair.flow import watch


@pytest.fixture
def queue(aws: Aws) -> str:
    return aws.sqs.create_queue(QueueName="webhooks")["QueueUrl"]


def test_an_empty_queue_is_healthy_but_no_proof(aws: Aws, queue: str) -> None:
    """The message says that no event is waiting."""
    flow = watch(aws.sqs, queue)
    assert (flow.is_healthy, flow.message.startswith("no event is waiting")) == (True, True)


def test_f74_events_that_leave_are_the_proof(aws: Aws, queue: str) -> None:
    """The watch ends as soon as fewer events wait."""
    for _ in range(2):
        aws.sqs.send_message(QueueUrl=queue, MessageBody="x")

    def taken(_: float) -> None:
        aws.sqs.purge_queue(QueueUrl=queue)

    flow = watch(aws.sqs, queue, taken)
    assert flow == (True, "events are processed: the queue held about 2, now about 0")


def test_f74_events_that_stay_are_no_proof(aws: Aws, queue: str) -> None:
    """The watch ends with the timeout."""
    aws.sqs.send_message(QueueUrl=queue, MessageBody="x")
    flow = watch(aws.sqs, queue, lambda _: None, seconds=0)
    assert flow == (False, "not verified: about 1 event is still waiting on the webhook queue, 1 before")
