"""Notifications as targets: what is queued for the sender, and how a delivery fails."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from ingest.envelope import Envelope
from notifications.compose import identity_of
from notifications.notification import Notification
from notifications.topics import Topic
from processor.delivery import NotificationDelivery
from processor.errors import Failure, Permanent, Transient
from processor.outcomes import Outcome
from processor.targets.no_notifications import NoNotifications
from processor.targets.notifications import Notifications
from processor.targets.target import Sent
from tests.notifications.fake_integrations import HASH

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

JOBS = NotificationDelivery("r", "library/jobs", "key", {"title": "Faust & <b>"}, "receipt-7", place="deliver[0]")
TEAM: dict[str, Any] = {
    "name": "team",
    "type": "slack",
    "model": "*$title* is due",
    "configuration": {"url": {"ssm": "slack-team"}},
}
MAIL: dict[str, Any] = {
    "name": "desk",
    "type": "email",
    "model": {"jinja": "{{ title }}"},
    "configuration": {"to": ["{{ mail | default('desk@example.org') }}"], "from": "a@example.org", "subject": "Due"},
}


def with_topic(*entries: dict[str, Any], sqs: "SQSClient | None" = None, queue: str = "queue") -> Notifications:
    """Return the target with a queue, and with the topic library/jobs if it has integrations."""
    dynamodb, sqs = boto3.client("dynamodb"), sqs or boto3.client("sqs")
    dynamodb.create_table(
        TableName="topics",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}],
    )
    sqs.create_queue(QueueName="queue")
    if entries:
        members = {"id": HASH, "channel": "library", "topic": "jobs", "integrations": entries}
        boto3.resource("dynamodb").Table("topics").put_item(Item=Topic.model_validate(members).item())
    return Notifications(dynamodb, sqs, topics_table="topics", queue=queue)


def queued() -> list[tuple[Envelope, Notification]]:
    """Return the envelopes and notifications on the queue, as the sender reads them."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="queue")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages", [])
    texts = [{name: each["StringValue"] for name, each in one["MessageAttributes"].items()} for one in found]
    envelopes = [Envelope.decode(one["Body"], attributes) for one, attributes in zip(found, texts, strict=True)]
    return [(envelope, Notification.decode(envelope.body)) for envelope in envelopes]


def failure_of(target: Notifications | NoNotifications, delivery: NotificationDelivery = JOBS) -> Failure:
    with pytest.raises(Failure) as caught:
        target.deliver(delivery)
    failure = caught.value
    assert (failure.route, failure.target) == ("r", delivery.target)
    assert "Faust" not in str(failure.members)
    return failure


def test_each_integration_of_the_topic_gets_one_notification() -> None:
    """It is rendered and escaped, its identity comes from the delivery key, and the event's receipt id stays."""
    sent = with_topic(TEAM, MAIL).deliver(JOBS)
    assert sent == Sent(Outcome.DELIVERED, facts={"queued": 2, "unknown_variables": 0})
    assert sent.members == {"outcome": "delivered", "execution": "", "queued": 2, "unknown_variables": 0}
    made = queued()
    assert sorted((one.name, one.message) for _, one in made) == [
        ("desk", "Faust & <b>"),
        ("team", "*Faust &amp; &lt;b&gt;* is due"),
    ]
    assert {one.identity for _, one in made} == {identity_of("library+jobs", "delivery:key")}
    assert {(envelope.profile, envelope.receipt_id) for envelope, _ in made} == {("notifications", "receipt-7")}
    assert {one.topic for _, one in made} == {"library+jobs"}


def test_f79_a_repeated_delivery_queues_the_same_identities() -> None:
    """A lost answer repeats the delivery, and the sender drops what it has sent. Another key is another event."""
    target = with_topic(TEAM)
    for delivery in (JOBS, JOBS, replace(JOBS, key="other")):
        target.deliver(delivery)
    keys = [one.delivery_key() for _, one in queued()]
    assert (len(keys), len(set(keys))) == (3, 2)


def test_f79_what_sqs_did_not_take_is_queued_by_the_next_attempt() -> None:
    """The whole delivery is repeated: the part that SQS took before keeps its identity."""
    sqs = boto3.client("sqs")
    target = with_topic(TEAM, MAIL, sqs=sqs)
    taken = [{"Id": number, "MessageId": "m", "MD5OfMessageBody": "x"} for number in "01"]
    failed = {"Id": "1", "SenderFault": False, "Code": "InternalError"}
    both = {"QueueUrl": ANY, "Entries": [ANY, ANY]}
    with Stubber(sqs) as stub:
        stub.add_response("get_queue_url", {"QueueUrl": "https://q"})
        stub.add_response("send_message_batch", {"Successful": taken[:1], "Failed": [failed]}, both)
        failure = failure_of(target)
        stub.add_response("send_message_batch", {"Successful": taken, "Failed": []}, both)
        assert target.deliver(JOBS).outcome is Outcome.DELIVERED
        stub.assert_no_pending_responses()
    assert isinstance(failure, Transient)
    assert failure.reason == "the notifications could not be queued: AWS returned InternalError"


def test_a_changed_topic_counts_at_once() -> None:
    """A worker that has read the topic reads it again."""
    target = with_topic(TEAM)
    target.deliver(JOBS)
    members = {"id": HASH, "channel": "library", "topic": "jobs", "integrations": [TEAM | {"model": "new"}]}
    boto3.resource("dynamodb").Table("topics").put_item(Item=Topic.model_validate(members).item())
    target.deliver(JOBS)
    assert sorted(one.message for _, one in queued()) == ["*Faust &amp; &lt;b&gt;* is due", "new"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("library/job", "there is no such topic; add it to notifications.yaml and run alma-webhooks topics apply"),
        *(
            (name, "the target is not CHANNEL/TOPIC, two names with lower-case letters, digits and hyphens")
            for name in ("library", "library/", "/jobs", "Library/jobs", "library/jobs/x", "library+jobs", "a/b\n", "")
        ),
    ],
)
def test_a_topic_that_is_not_there_is_a_permanent_failure(name: str, reason: str) -> None:
    """The sentence has the command that creates it. Nothing is queued."""
    failure = failure_of(with_topic(TEAM), replace(JOBS, name=name))
    assert isinstance(failure, Permanent)
    assert (failure.cause_class, failure.reason) == ("no-target", reason)
    assert queued() == []


def test_without_notifications_a_delivery_fails_permanently() -> None:
    """The sentence has the setting that switches them on."""
    failure = failure_of(NoNotifications())
    assert isinstance(failure, Permanent)
    assert failure.cause_class == "no-target"
    assert "notifications: true" in failure.reason
    assert "alma-webhooks.yaml" in failure.reason


@pytest.mark.parametrize(
    ("entry", "cause_class", "reason"),
    [
        (
            MAIL | {"model": {"jinja": "{{ author }}"}},
            "template",
            "model of the integration desk in library+jobs uses a",
        ),
        (
            MAIL | {"configuration": MAIL["configuration"] | {"to": ["{{ title }}"]}},
            "template",
            "configuration.to of the integration desk in library+jobs is not valid with these values",
        ),
        (
            TEAM | {"type": "telegram", "model": "x" * 5_000, "configuration": {"token": {"ssm": "bot"}, "chat": 1}},
            "too-large",
            "model of the integration team in library+jobs is too long",
        ),
        (TEAM | {"type": "fax"}, "refused", "type of the integration team in library+jobs is unknown"),
    ],
)
def test_what_the_topic_cannot_render_is_a_permanent_failure(
    entry: dict[str, Any], cause_class: str, reason: str
) -> None:
    """The reason names integration and member, the field is the route's, and nothing is queued, not even by others."""
    failure = failure_of(with_topic({**TEAM, "name": "good"}, entry))
    assert isinstance(failure, Permanent)
    assert (failure.cause_class, failure.field) == (cause_class, "deliver[0]")
    assert failure.reason.startswith(reason)
    assert queued() == []


def test_an_item_that_is_not_a_topic_is_refused() -> None:
    """Somebody changed the table by hand."""
    target = with_topic(TEAM)
    boto3.client("dynamodb").put_item(TableName="topics", Item={"Name": {"S": "library+jobs"}})
    failure = failure_of(target)
    assert (type(failure), failure.cause_class, failure.field) == (Permanent, "refused", "deliver[0]")
    assert "apply it again" in failure.reason


def test_failures_of_aws_have_their_code_only() -> None:
    """A missing queue or table can be deployed later, and a throttle is tried again."""
    missing = failure_of(with_topic(TEAM, queue="not-there"))
    assert (type(missing), missing.reason) == (Transient, "the queue of notifications does not exist yet")
    boto3.client("dynamodb").delete_table(TableName="topics")
    dynamodb = boto3.client("dynamodb")
    target = Notifications(dynamodb, boto3.client("sqs"), topics_table="topics", queue="queue")
    missing = failure_of(target)
    assert (type(missing), missing.reason) == (Transient, "the table of topics does not exist yet")
    with Stubber(dynamodb) as stub:
        stub.add_client_error("get_item", "ThrottlingException")
        assert isinstance(failure_of(target), Transient)
