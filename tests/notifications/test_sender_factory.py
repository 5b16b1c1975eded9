"""The parts of the sender work together on SQS, DynamoDB and SSM by moto."""

import dataclasses
import time
from typing import Any

import boto3
import pytest

from notifications.aws_sending import ONE_REQUEST
from notifications.errors import Permanent, Throttled
from notifications.exchange import DEFAULT_SECONDS, BoundedHttpClient
from notifications.fallbacks import SendingWithFallback
from notifications.integrations.table import INTEGRATIONS
from notifications.notification import Fallback, Notification
from notifications.sender import Sender
from notifications.sender_factory import sender_of
from notifications.sender_outcomes import SenderOutcome
from notifications.sender_settings import SenderSettings
from notifications.sending import LONGEST_WAIT_SECONDS, SENDING_SECONDS
from processor.errors import InProgress
from processor.retries import RetryPolicy
from tests.canary import sung
from tests.loopback import Loopback, answer
from tests.notifications.alma_server import KEY, email, error, phone, user
from tests.notifications.fake_integration import FakeService, NoHttp
from tests.notifications.sender_case import notification, queued
from tests.notifications.test_sender_queue import received
from tests.notifications.tls_server import authorities, tls


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
        self.dynamodb.create_table(
            TableName="contacts",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}],
        )
        self.secret("slack-team", "xoxb-invented")

    def secret(self, name: str, value: str) -> None:
        name = f"/alma-webhooks/dev/notifications/{name}"
        boto3.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString")

    def sender(self, **services: FakeService) -> Sender:
        return sender_of(self.settings, services, NoHttp())

    @property
    def settings(self) -> SenderSettings:
        policy = RetryPolicy(max_receives=8, visibility_seconds=180, function_seconds=30)
        return SenderSettings("dev", self.urls["notifications"], self.urls["dead"], "sender", "contacts", policy, 2)

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


class TwoPeople:
    """A stack that knows one person by its table and another one by Alma, on a server that forgets everybody else."""

    IN_TABLE, IN_ALMA, NOBODY = "patron-4711-a", "patron-4711-b", "patron-4711-c"

    def __init__(self, stack: Stack, url: str) -> None:
        item: Any = {"User": {"S": self.IN_TABLE}, "Phone": {"S": "+49 30 4711"}}
        stack.dynamodb.put_item(TableName="contacts", Item=item)
        boto3.client("sesv2").create_email_identity(EmailIdentity="library@example.org")
        settings = dataclasses.replace(stack.settings, alma_api_host=url.removeprefix("https://"))
        http = BoundedHttpClient(ports=range(1024, 65536), authorities=authorities(), is_loopback_allowed=True)
        self.sender = sender_of(settings, INTEGRATIONS, http)

    def send(self, name: str, user: str) -> SenderOutcome:
        """Send a text message or an e-mail to a person; the fallback is an e-mail to the desk."""
        desk = {"type": "email", "from": "library@example.org", "to": ["desk@example.org"], "subject": "Nobody"}
        person: dict[str, Any] = {"user": user}
        one = {"type": "sms", "to": person} if name == "text" else {**desk, "to": [person]}
        sent = Notification(name, one, "Job done", f"{user:0>64}", "library+jobs", fallback=Fallback("desk", desk, "x"))
        return process(self.sender, queued(sent, at=time.time()))


def test_people_are_looked_up_and_nothing_shows_them(
    stack: Stack, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """By table, by Alma or not at all: the log has outcomes, and neither ids nor contacts nor the key."""
    stack.secret("alma-api-key", KEY)
    stack.sqs.purge_queue(QueueUrl=stack.urls["notifications"])
    known = user(emails=[email("patron-4711@example.org", preferred=True)], phones=[phone("(0) 471-4711", sms=True)])
    with Loopback(answer(known), error("401861"), tls=tls()) as server:
        people = TwoPeople(stack, server.url)
        outcomes = [
            people.send("text", TwoPeople.IN_TABLE.upper()),
            people.send("mail", TwoPeople.IN_ALMA),
            people.send("text", TwoPeople.IN_ALMA),
            people.send("text", TwoPeople.NOBODY),
        ]
        requests = [each.request.split("/")[-2] for each in server.received]
    assert [outcome.value for outcome in outcomes] == ["accepted", "accepted", "fallback", "fallback"]
    assert requests == ["patron-4711-b HTTP", "patron-4711-c HTTP"]
    for _ in range(2):
        record = stack.receive("notifications")
        assert process(people.sender, record) is SenderOutcome.ACCEPTED
    written = f"{capfd.readouterr()} {[vars(record) for record in caplog.records]}"
    assert written.count("'outcome': ") == 6
    assert not sung(written, {"49304711", "30 4711", "471-4711", KEY, "desk@example.org"})


def test_e_mails_are_sent_with_the_configuration_set_of_the_settings(stack: Stack) -> None:
    """Without it SES reports no failed e-mail."""
    settings = dataclasses.replace(stack.settings, email_configuration_set="stack-notifications")
    made = sender_of(settings, {}, NoHttp())
    assert isinstance(made.sending, SendingWithFallback)
    assert made.sending.sending.connections.email_configuration_set == "stack-notifications"


def test_one_attempt_fits_into_the_time_that_is_kept_for_it() -> None:
    """The slowest service leaves some seconds for the record, and all of it is less than the function's time."""
    config: Any = ONE_REQUEST
    slowest = max(config.connect_timeout + config.read_timeout, DEFAULT_SECONDS)
    assert slowest + 3 < SENDING_SECONDS < 30 - LONGEST_WAIT_SECONDS
