"""The webhook queue: failed messages are postponed, and finished ones are deleted."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from processor.webhook_queue import WebhookQueue
from tests.processor.fake_webhook_queue import FakeWebhookQueue

RECORD = {"receiptHandle": "handle"}

pytestmark = pytest.mark.usefixtures("aws")


def test_a_message_is_postponed_and_deleted_by_its_handle() -> None:
    """A message is postponed and deleted by its receipt handle."""
    sqs = boto3.client("sqs")
    with Stubber(sqs) as stub:
        named = {"QueueUrl": "https://q", "ReceiptHandle": "handle"}
        stub.add_response("change_message_visibility", {}, {**named, "VisibilityTimeout": 360})
        stub.add_response("delete_message", {}, named)
        queue = WebhookQueue(sqs, "https://q")
        assert queue.postpone(RECORD, 360)
        assert queue.acknowledge(RECORD)
        stub.assert_no_pending_responses()


def test_an_error_of_sqs_is_ignored() -> None:
    """The message returns after the visibility timeout of the queue, and the original failure is kept."""
    sqs = boto3.client("sqs")
    with Stubber(sqs) as stub:
        stub.add_client_error("change_message_visibility", "ReceiptHandleIsInvalid")
        stub.add_client_error("delete_message", "ReceiptHandleIsInvalid")
        queue = WebhookQueue(sqs, "https://q")
        assert not queue.postpone(RECORD, 360)
        assert not queue.acknowledge(RECORD)


def moto(*, refuses: bool) -> tuple[WebhookQueue, dict[str, Any]]:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    if refuses:
        sqs.delete_queue(QueueUrl=url)
    return WebhookQueue(sqs, url), {"receiptHandle": message["ReceiptHandle"], "body": "x"}


def fake(*, refuses: bool) -> tuple[WebhookQueue, dict[str, Any]]:
    return FakeWebhookQueue(refuses=refuses), RECORD


@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.parametrize("make", [fake, moto])
def test_the_contract_of_a_queue(make: Callable[..., tuple[WebhookQueue, dict[str, Any]]], *, refuses: bool) -> None:
    """Each method returns whether SQS accepted the request, and raises nothing."""
    queue, record = make(refuses=refuses)
    assert queue.postpone(record, 1) is not refuses
    assert queue.acknowledge(record) is not refuses


def test_a_postponed_message_is_received_again() -> None:
    """A message postponed by zero seconds is received again, and not after it was acknowledged."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")

    def receive() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0).get("Messages", [])
        return [{"receiptHandle": message["ReceiptHandle"]} for message in messages]

    queue = WebhookQueue(sqs, url)
    [first] = receive()
    assert receive() == []
    queue.postpone(first, 0)
    [second] = receive()
    queue.acknowledge(second)
    assert receive() == []
