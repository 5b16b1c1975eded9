"""The parts of the sender work together on SQS, DynamoDB and SSM by moto."""

import time
from typing import Any

import boto3
import pytest

from notifications.aws_sending import ONE_REQUEST
from notifications.errors import Permanent, Throttled
from notifications.exchange import DEFAULT_SECONDS
from notifications.sender import Sender
from notifications.sender_factory import sender_of
from notifications.sender_outcomes import SenderOutcome
from notifications.sender_settings import SenderSettings
from notifications.sending import LONGEST_WAIT_SECONDS, SENDING_SECONDS
from processor.errors import InProgress
from processor.retries import RetryPolicy
from tests.notifications.fake_integration import FakeService, NoHttp
from tests.notifications.sender_case import notification, queued
from tests.notifications.test_sender_queue import received


class Stack:
    """The queues, the table and a secret of a stack."""

    def __init__(self) -> None:
        self.sqs, self.dynamodb = boto3.client("sqs"), boto3.client("dynamodb")
        self.urls = {name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("notifications", "dead")}
        self.dynamodb.create_table(
            TableName="sender",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        name = "/alma-webhooks/dev/notifications/slack-team"
        boto3.client("ssm").put_parameter(Name=name, Value="xoxb-invented", Type="SecureString")

    def sender(self, **services: FakeService) -> Sender:
        policy = RetryPolicy(max_receives=8, visibility_seconds=180, function_seconds=30)
        settings = SenderSettings("dev", self.urls["notifications"], self.urls["dead"], "sender", "contacts", policy, 2)
        return sender_of(settings, services, NoHttp())

    def receive(self, queue: str) -> dict[str, Any]:
        return received(self.sqs, self.urls[queue])


@pytest.fixture(scope="module")
def stack(shared_aws: None) -> Stack:  # noqa: ARG001 -- AWS has to be there
    """One stack; each test sends to an integration with a name of its own."""
    return Stack()


def process(sender: Sender, record: dict[str, Any]) -> SenderOutcome:
    return sender.process(record, lambda: 30.0)


def test_a_notification_goes_through_all_parts(stack: Stack) -> None:
    """It is sent with its secret, recorded, and a duplicate the second time; a refused one is a dead letter."""
    service = FakeService(None, Permanent("refused", "no"))
    sent = notification(kind="mail", token={"ssm": "slack-team"})
    sender = stack.sender(mail=service)
    assert process(sender, queued(sent)) is SenderOutcome.ACCEPTED
    assert process(sender, queued(sent)) is SenderOutcome.DUPLICATE
    assert service.secrets == ["xoxb-invented"]
    other = notification(kind="mail", number=1)
    assert process(sender, queued(other)) is SenderOutcome.DEAD
    assert '"class":"refused"' in stack.receive("dead")["messageAttributes"]["failure"]["stringValue"]


def test_a_missing_secret_is_named_in_the_dead_letter(stack: Stack) -> None:
    """Nothing is sent without it."""
    service = FakeService()
    sent = notification("secretless", "mail", token={"ssm": "missing"})
    assert process(stack.sender(mail=service), queued(sent)) is SenderOutcome.DEAD
    cause = stack.receive("dead")["messageAttributes"]["failure"]["stringValue"]
    assert "the parameter /alma-webhooks/dev/notifications/missing does not exist" in cause
    assert service.accepted == []


def test_a_throttled_message_is_received_again_as_a_new_one(stack: Stack) -> None:
    """It has the receive count 1, and is sent then."""
    service = FakeService(Throttled("slow down", 1.0))
    sender = stack.sender(mail=service)
    sender.queue.send_again(queued(notification("throttled", "mail"), at=time.time()), 0)
    record = stack.receive("notifications")
    with pytest.raises(Throttled):
        process(sender, record)
    assert process(sender, record) is SenderOutcome.ACCEPTED


def test_a_worker_that_comes_second_waits(stack: Stack) -> None:
    """The record of DynamoDB decides."""
    service = FakeService()
    second = stack.sender(mail=FakeService())
    record = queued(notification("contested", "mail"), at=time.time())

    def interrupt() -> None:
        with pytest.raises(InProgress):
            process(second, record)

    service.during = interrupt
    assert process(stack.sender(mail=service), record) is SenderOutcome.ACCEPTED


def test_one_attempt_fits_into_the_time_that_is_kept_for_it() -> None:
    """The slowest service leaves some seconds for the record, and all of it is less than the function's time."""
    config: Any = ONE_REQUEST
    slowest = max(config.connect_timeout + config.read_timeout, DEFAULT_SECONDS)
    assert slowest + 3 < SENDING_SECONDS < 30 - LONGEST_WAIT_SECONDS
