"""The notifications queue: messages are sent again with everything that they had."""

from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from ingest.envelope import Envelope
from notifications.notification import Notification
from notifications.sender_queue import MOST_DELAY_SECONDS, SenderQueue
from processor.errors import Transient
from tests.notifications.fake_sender_queue import FakeSenderQueue
from tests.notifications.sender_case import notification, queued

pytestmark = pytest.mark.usefixtures("shared_aws")


def received(sqs: Any, url: str) -> dict[str, Any]:
    """Receive a message in the form of Lambda."""
    names = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"]}
    [message] = sqs.receive_message(QueueUrl=url, **names)["Messages"]
    return {
        "body": message["Body"],
        "receiptHandle": message["ReceiptHandle"],
        "attributes": message["Attributes"],
        "messageAttributes": {
            name: {"stringValue": attribute["StringValue"], "dataType": attribute["DataType"]}
            for name, attribute in message["MessageAttributes"].items()
        },
    }


def test_a_message_that_is_sent_again_has_the_same_content_and_a_new_receive_count() -> None:
    """Body, attributes and group are unchanged; the old message can be deleted."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="again")["QueueUrl"]
    queue = SenderQueue(sqs, url)
    record = queued(notification(), receives=8, replay={"id": "r1", "count": 1})
    record["attributes"]["MessageGroupId"] = "notifications.library"
    queue.send_again(record, 0)
    first = received(sqs, url)
    assert (first["body"], first["messageAttributes"]) == (record["body"], record["messageAttributes"])
    assert first["attributes"]["MessageGroupId"] == "notifications.library"
    assert first["attributes"]["ApproximateReceiveCount"] == "1"
    assert queue.acknowledge(first)


def test_a_message_of_the_sender_has_an_envelope_and_the_group_of_its_cause() -> None:
    """The carrier of a summary is read like any other message."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="carriers")["QueueUrl"]
    cause = queued(notification())
    cause["attributes"]["MessageGroupId"] = "notifications.library"
    carrier = notification()._replace(summary_due=1_780_000_080)
    envelope = Envelope(carrier.encode().encode(), "receipt-1", "2026-05-13T02:41:11.000Z", "notifications")
    SenderQueue(sqs, url).send(envelope.encode(), 0, cause)
    record = received(sqs, url)
    texts = {name: attribute["stringValue"] for name, attribute in record["messageAttributes"].items()}
    assert Envelope.decode(record["body"], texts) == envelope
    assert Notification.decode(record["body"].encode()) == carrier
    assert record["attributes"]["MessageGroupId"] == "notifications.library"


def test_a_delay_is_at_most_a_quarter_of_an_hour() -> None:
    """SQS would reject a longer one."""
    sqs = boto3.client("sqs")
    for seconds, delay in [(-1, 0), (0, 0), (62, 62), (900, 900), (3600, MOST_DELAY_SECONDS)]:
        with Stubber(sqs) as stub:
            sent = {"QueueUrl": "https://q", "MessageBody": ANY, "MessageAttributes": ANY, "DelaySeconds": delay}
            stub.add_response("send_message", {}, sent)
            SenderQueue(sqs, "https://q").send_again(queued(notification()), seconds)
            stub.assert_no_pending_responses()


def moto(*, refuses: bool) -> SenderQueue:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="notifications")["QueueUrl"]
    if refuses:
        stub = Stubber(sqs)
        for _ in range(2):
            stub.add_client_error("send_message", "RequestThrottled", "patron-4711")
        stub.activate()
    return SenderQueue(sqs, url)


def fake(*, refuses: bool) -> SenderQueue:
    queue = FakeSenderQueue()
    queue.refuses = refuses
    return queue


@pytest.mark.parametrize("make", [fake, moto])
def test_the_contract_of_the_queue(make: Any) -> None:
    """A message that SQS does not take is a failure, or it would be lost."""
    message = Envelope(b"{}", "r", "t", "notifications").encode()
    record = queued(notification())
    queue = make(refuses=False)
    queue.send_again(record, 5)
    queue.send(message, 5, record)
    queue = make(refuses=True)
    with pytest.raises(Transient, match="the notifications queue did not take a message: AWS returned"):
        queue.send_again(record, 5)
    with pytest.raises(Transient, match="the notifications queue did not take a message: AWS returned"):
        queue.send(message, 5, record)
