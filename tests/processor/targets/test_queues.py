"""Queues as targets: the messages that SQS gets; no message goes back to the webhook queue."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from processor.delivery import QueueDelivery
from processor.errors import Permanent, Transient
from processor.outcomes import Outcome
from processor.overflow_bucket import OverflowBucket
from processor.targets.queues import Queues

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

WEBHOOKS = "arn:aws:sqs:us-east-1:123456789012:webhooks"


GROUP = {"MessageGroupId": "alma.LOAN"}
GROUPED: dict[str, Any] = {"fair_group": "alma.LOAN"}
LARGE: dict[str, Any] = {"message": "x" * 300_000, "attributes": {"encoding": "utf-8"}}


def queues_of(sqs: "SQSClient") -> Queues:
    return Queues(sqs, OverflowBucket(boto3.client("s3"), "bucket"), webhook_queue=WEBHOOKS)


def delivery(arn: str) -> QueueDelivery:
    return QueueDelivery("r", arn, "key", '{"title": "ü"}', {"action": "LOAN"})


def test_a_queue_gets_the_body_with_its_attributes() -> None:
    """The body is unchanged, attributes are strings, and the URL of the queue is looked up once."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="library")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    queues = queues_of(sqs)
    assert [queues.deliver(delivery(arn)).outcome for _ in range(2)] == [Outcome.DELIVERED] * 2
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=1)["Messages"]
    assert message["Body"] == '{"title": "ü"}'
    assert message["MessageAttributes"] == {"action": {"StringValue": "LOAN", "DataType": "String"}}


def test_f75_a_queue_gets_the_group_of_the_event() -> None:
    """Also with a pointer to a large body. Without a group none is sent."""
    sqs = boto3.client("sqs")
    boto3.client("s3").create_bucket(Bucket="bucket")
    grouped, large = (replace(delivery(WEBHOOKS + "-other"), **more) for more in (GROUPED, GROUPED | LARGE))
    queues = queues_of(sqs)
    for each, group in ((grouped, GROUP), (large, GROUP), (delivery(WEBHOOKS + "-other"), {})):
        with Stubber(sqs) as stub:
            if each is grouped:
                stub.add_response("get_queue_url", {"QueueUrl": "https://q"})
            texts = {"MessageBody": ANY, "MessageAttributes": ANY}
            stub.add_response("send_message", {}, {"QueueUrl": "https://q", **texts, **group})
            assert queues.deliver(each).outcome is Outcome.DELIVERED
            stub.assert_no_pending_responses()


def test_a_large_body_goes_as_a_pointer() -> None:
    """A queue gets what a topic would publish, with the number of bytes as a number."""
    sqs, s3 = boto3.client("sqs"), boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    url = sqs.create_queue(QueueName="library")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    queues_of(sqs).deliver(QueueDelivery("r", arn, "key", "x" * 300_000, {"encoding": "utf-8"}))
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    location = json.loads(message["Body"])[1]
    stored = s3.get_object(Bucket=location["s3BucketName"], Key=location["s3Key"])["Body"].read()
    assert stored == b"x" * 300_000
    assert message["MessageAttributes"]["ExtendedPayloadSize"] == {"StringValue": "300000", "DataType": "Number"}


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ({}, {}),
        ({"delay_seconds": 600}, {"DelaySeconds": 600}),
        ({"delay_seconds": 0}, {"DelaySeconds": 0}),
        (
            {"message_group_id": "g", "message_deduplication_id": "d"},
            {"MessageGroupId": "g", "MessageDeduplicationId": "d"},
        ),
    ],
)
def test_a_queue_gets_the_ids_and_the_delay_of_its_delivery(
    options: dict[str, Any], parameters: dict[str, Any]
) -> None:
    """Without them nothing is sent: AWS rejects ids on a standard queue, and a delay on a FIFO queue."""
    sqs = boto3.client("sqs")
    always = {"QueueUrl": "https://q", "MessageBody": ANY, "MessageAttributes": ANY}
    with Stubber(sqs) as stub:
        stub.add_response("get_queue_url", {"QueueUrl": "https://q"})
        stub.add_response("send_message", {}, always | parameters)
        assert queues_of(sqs).deliver(replace(delivery(WEBHOOKS + "-other"), **options)).outcome is Outcome.DELIVERED


def test_a_large_body_for_a_fifo_queue_goes_as_a_pointer() -> None:
    """The pointer has the ids of the delivery."""
    sqs, s3 = boto3.client("sqs"), boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    url = sqs.create_queue(QueueName="library.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    large = replace(delivery(WEBHOOKS.replace("webhooks", "library.fifo")), message="x" * 300_000)
    ids: dict[str, Any] = {"message_group_id": "g", "message_deduplication_id": "d"}
    queues_of(sqs).deliver(replace(large, attributes={"encoding": "utf-8"}, **ids))
    [message] = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    assert "PayloadS3Pointer" in message["Body"]
    assert (message["Attributes"]["MessageGroupId"], message["Attributes"]["MessageDeduplicationId"]) == ("g", "d")


@pytest.mark.parametrize("beginning", ["arn:aws:sqs:", "arn:aws-cn:sqs:", "arn:aws:sns:", "arn:AWS:SQS:", "arn:::"])
def test_f37_nothing_goes_back_into_the_webhook_queue(beginning: str) -> None:
    """Region, account and name identify the queue, however the route writes the ARN."""
    sqs = boto3.client("sqs")
    with Stubber(sqs), pytest.raises(Permanent, match="loop forever"):
        queues_of(sqs).deliver(delivery(beginning + WEBHOOKS.split(":", 3)[3]))


@pytest.mark.parametrize(
    "arn", ["arn:aws:sqs:eu-west-1:123456789012:webhooks", WEBHOOKS + ":more", "arn:aws:sqs::123456789012:webhooks"]
)
def test_f37_a_queue_of_the_same_name_in_another_region_is_not_used(arn: str) -> None:
    """SQS would take the name in another region's ARN for the webhook queue."""
    sqs = boto3.client("sqs")
    sqs.create_queue(QueueName="webhooks")
    with pytest.raises(Permanent, match="no-target: the target is not the ARN of a queue in the stack's region"):
        queues_of(sqs).deliver(delivery(arn))


def test_a_missing_queue_is_permanent() -> None:
    """A queue that does not exist is a permanent failure."""
    with pytest.raises(Permanent, match="refused: AWS returned "):
        queues_of(boto3.client("sqs")).deliver(delivery(WEBHOOKS + "-gone"))


def test_a_queue_needs_an_arn() -> None:
    """The stack has no queues for routes, so a name is not enough."""
    with pytest.raises(Permanent, match="the stack has no queue with this name"):
        queues_of(boto3.client("sqs")).deliver(delivery("library"))


@pytest.mark.parametrize("arn", ["arn:", "arn:aws:sqs", "arn:aws:sqs:us-east-1:123456789012"])
def test_an_incomplete_arn_is_permanent(arn: str) -> None:
    """An event that renders an incomplete ARN would render it again."""
    with pytest.raises(Permanent, match="no-target"):
        queues_of(boto3.client("sqs")).deliver(delivery(arn))


def test_a_throttled_queue_is_transient() -> None:
    """A throttled request is a transient failure."""
    sqs = boto3.client("sqs")
    stub = Stubber(sqs)
    stub.add_response("get_queue_url", {"QueueUrl": "https://q"})
    stub.add_client_error("send_message", "RequestThrottled")
    with stub, pytest.raises(Transient, match="RequestThrottled"):
        queues_of(sqs).deliver(delivery(WEBHOOKS + "-other"))
