"""Topics as targets: the messages that SNS gets, and the meaning of its errors."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import ANY, Stubber

from ingest.envelope import pointer_to
from processor.delivery import TopicDelivery
from processor.errors import Permanent, Transient
from processor.outcomes import Outcome
from processor.overflow_bucket import OverflowBucket
from processor.targets.topics import Topics

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

TOPIC = TopicDelivery("loans", "t", "key", '{"title": "ü"}', {"action": "LOAN", "encoding": "utf-8"})

HEARTBEAT = "arn:aws:sns:us-east-1:123456789012:stack-heartbeat"


@pytest.fixture
def sns() -> "SNSClient":
    """A client of SNS."""
    return boto3.client("sns")


def topics(sns: Any, arns: dict[str, str]) -> Topics:
    return Topics(sns, arns, OverflowBucket(boto3.client("s3"), "bucket"), heartbeat=HEARTBEAT)


def subscribed_topic(sns: "SNSClient") -> tuple[str, Any]:
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    topic = sns.create_topic(Name="stack-t")["TopicArn"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, lambda: json.loads(sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"])


def test_a_topic_publishes_the_message_with_its_attributes(sns: "SNSClient") -> None:
    """A subscriber gets the text unchanged and the attributes as strings."""
    topic, received = subscribed_topic(sns)
    assert topics(sns, {"t": topic}).deliver(TOPIC).outcome is Outcome.DELIVERED
    notification = received()
    assert notification["Message"] == TOPIC.message
    assert notification["MessageAttributes"] == {
        "action": {"Type": "String", "Value": "LOAN"},
        "encoding": {"Type": "String", "Value": "utf-8"},
    }


@pytest.mark.parametrize(
    ("ids", "parameters"),
    [
        ({}, {}),
        (
            {"message_group_id": "g", "message_deduplication_id": "d"},
            {"MessageGroupId": "g", "MessageDeduplicationId": "d"},
        ),
    ],
)
def test_only_a_fifo_topic_gets_ids(sns: "SNSClient", ids: dict[str, Any], parameters: dict[str, Any]) -> None:
    """They are those of the delivery; SNS rejects a deduplication id on a standard topic."""
    arn = "arn:aws:sns:us-east-1:123456789012:t"
    with Stubber(sns) as stub:
        always = {"TopicArn": arn, "Message": TOPIC.message, "MessageAttributes": ANY}
        stub.add_response("publish", {"MessageId": "m"}, always | parameters)
        assert topics(sns, {"t": arn}).deliver(replace(TOPIC, **ids)).outcome is Outcome.DELIVERED


def test_f75_a_topic_gets_the_group_of_the_event(sns: "SNSClient") -> None:
    """Topics pass it on to subscribed standard queues. Without a group none is sent."""
    arn = "arn:aws:sns:us-east-1:123456789012:t"
    published = {"TopicArn": arn, "Message": TOPIC.message, "MessageAttributes": ANY}
    for delivery, group in ((replace(TOPIC, fair_group="alma.LOAN"), {"MessageGroupId": "alma.LOAN"}), (TOPIC, {})):
        with Stubber(sns) as stub:
            stub.add_response("publish", {}, {**published, **group})
            assert topics(sns, {"t": arn}).deliver(delivery).outcome is Outcome.DELIVERED
            stub.assert_no_pending_responses()


def test_a_topic_of_the_stack_accepts_what_it_is_set_to(sns: "SNSClient") -> None:
    """A larger message goes as a pointer, and so does this one to a topic outside the stack."""
    large = replace(TOPIC, message="x" * 500_000)
    theirs = "arn:aws:sns:us-east-1:123456789012:theirs"
    own = "arn:aws:sns:us-east-1:123456789012:t"
    pointer = pointer_to(large.message.encode(), "bucket")
    stored = json.dumps(
        ["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3BucketName": "bucket", "s3Key": pointer.key}]
    )
    boto3.client("s3").create_bucket(Bucket="bucket")
    overflow = OverflowBucket(boto3.client("s3"), "bucket")
    targets = Topics(sns, {"t": own}, overflow, heartbeat=HEARTBEAT, most=1_048_576)
    for topic, message in ((own, large.message), (theirs, stored)):
        with Stubber(sns) as stub:
            stub.add_response("publish", {}, {"TopicArn": topic, "Message": message, "MessageAttributes": ANY})
            assert targets.deliver(replace(large, name=topic)).outcome is Outcome.DELIVERED
            stub.assert_no_pending_responses()


def test_a_topic_that_accepts_less_than_the_setting_gets_a_pointer(sns: "SNSClient") -> None:
    """CloudFormation may change the function before the topics. A small message that SNS rejects stays a failure."""
    arn = "arn:aws:sns:us-east-1:123456789012:t"
    boto3.client("s3").create_bucket(Bucket="bucket")
    targets = Topics(sns, {"t": arn}, OverflowBucket(boto3.client("s3"), "bucket"), heartbeat=HEARTBEAT, most=1_048_576)
    with Stubber(sns) as stub:
        stub.add_client_error("publish", "InvalidParameter", "Invalid parameter: Message too long")
        stub.add_response("publish", {}, {"TopicArn": arn, "Message": ANY, "MessageAttributes": ANY})
        assert targets.deliver(replace(TOPIC, message="x" * 500_000)).outcome is Outcome.DELIVERED
        stub.assert_no_pending_responses()
        stub.add_client_error("publish", "InvalidParameter")
        with pytest.raises(Permanent):
            targets.deliver(TOPIC)


def test_a_large_body_goes_as_a_pointer(sns: "SNSClient") -> None:
    """A subscriber gets a pointer to the body, and reads it byte for byte."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    topic, received = subscribed_topic(sns)
    large = TopicDelivery("loans", "t", "key", "ü" * 150_000, {"action": "LOAN", "encoding": "utf-8"})
    assert topics(sns, {"t": topic}).deliver(large).outcome is Outcome.DELIVERED
    notification = received()
    [_, location] = json.loads(notification["Message"])
    stored = s3.get_object(Bucket=location["s3BucketName"], Key=location["s3Key"])["Body"].read()
    assert stored.decode() == "ü" * 150_000
    assert notification["MessageAttributes"]["encoding"] == {"Type": "String", "Value": "s3"}
    assert notification["MessageAttributes"]["ExtendedPayloadSize"] == {"Type": "Number", "Value": "300000"}


def test_f30_a_large_body_that_cannot_be_stored_is_not_published(sns: "SNSClient") -> None:
    """A pointer to a missing body would lose the event for every subscriber."""
    topic, _ = subscribed_topic(sns)
    large = TopicDelivery("loans", "t", "key", "x" * 300_000, {"encoding": "utf-8"})
    with pytest.raises(Permanent, match="could not be stored in the overflow bucket: AWS returned NoSuchBucket"):
        topics(sns, {"t": topic}).deliver(large)


def test_a_full_arn_works_like_a_name(sns: "SNSClient") -> None:
    """Routes can name a topic outside the stack."""
    topic, received = subscribed_topic(sns)
    assert topics(sns, {}).deliver(TopicDelivery("r", topic, "key", "text", {"a": "b"})).outcome is Outcome.DELIVERED
    assert received()["Message"] == "text"


def test_an_unknown_name_is_permanent(sns: "SNSClient") -> None:
    """An unknown topic is a permanent failure of class no-target, with route and target."""
    with pytest.raises(Permanent) as raised:
        topics(sns, {}).deliver(TOPIC)
    assert (raised.value.cause_class, raised.value.route, raised.value.target) == ("no-target", "loans", "topic:t")


@pytest.mark.parametrize(
    ("code", "decision"),
    [
        ("NotFound", Permanent),
        ("AuthorizationError", Permanent),
        ("InvalidParameter", Permanent),
        ("Throttled", Transient),
        ("InternalError", Transient),
        ("KMSThrottling", Transient),
        ("SomethingNew", Transient),
    ],
)
def test_errors_of_sns(sns: "SNSClient", code: str, decision: type[Exception]) -> None:
    """Errors that would repeat are permanent, all others are transient; the text of AWS is not quoted."""
    with Stubber(sns) as stub:
        stub.add_client_error("publish", code, "patron-4711 was here")
        with pytest.raises(decision, match=f"AWS returned {code}") as failed:
            topics(sns, {"t": "arn:aws:sns:us-east-1:123456789012:t"}).deliver(TOPIC)
    assert "patron" not in str(failed.value)


def test_an_unreachable_aws_is_transient() -> None:
    """A request without a response is retried."""

    class Unreachable:
        def publish(self, **_: Any) -> None:
            raise ConnectTimeoutError(endpoint_url="http://127.0.0.1:1")

    with pytest.raises(Transient, match="ConnectTimeoutError"):
        topics(Unreachable(), {"t": "arn:aws:sns:x"}).deliver(TOPIC)


@pytest.mark.parametrize("name", ["heartbeat", HEARTBEAT])
def test_f57_only_the_heartbeats_route_publishes_to_its_topic(sns: "SNSClient", name: str) -> None:
    """Other routes cannot publish to it by name or ARN, because their events would keep the alarm silent."""
    with Stubber(sns), pytest.raises(Permanent) as failed:
        topics(sns, {}).deliver(replace(TOPIC, name=name))
    assert failed.value.members["class"] == "no-target"
    assert failed.value.members["reason"].startswith("the topic heartbeat is reserved for the product's own heartbeat")


def test_f57_the_heartbeat_reaches_its_topic(sns: "SNSClient") -> None:
    """The route of the heartbeat publishes to its topic."""
    with Stubber(sns) as stub:
        stub.add_response("publish", {"MessageId": "m"})
        sent = topics(sns, {}).deliver(replace(TOPIC, route="heartbeat", name="heartbeat"))
    assert sent.outcome is Outcome.DELIVERED
