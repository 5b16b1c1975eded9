"""What a soak sees and does outside: dead letters that stay and dead letters that go back, arrivals by digest.

AWS by moto.
"""

import json
import threading
from typing import Any

import boto3
import pytest

from ingest.envelope import pointer_to
from scripts.aws.stack import Stack
from scripts.devtools.soak.soak_verdict import Arrival, digest_of
from scripts.devtools.soak.soak_watch import Operator, Watcher
from scripts.local.observe import Sighting
from tests.mocked_aws import MockedAws
from tests.samples import envelope_of


class Running:
    """The part of a pipeline that an operator uses."""

    def __init__(self) -> None:
        self.aws = self
        self.sqs, self.s3 = boto3.client("sqs"), boto3.client("s3")
        urls = {
            f"{name}Url": self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("Queue", "DeadLetterQueue")
        }
        self.stack = Stack("stack", urls)

    def put_dead_letter(self, body: bytes, **more: str) -> None:
        """A dead letter of this body; a large one lies in a bucket."""
        envelope = envelope_of(body)
        stored = None
        if len(body) > 1000:
            stored = pointer_to(body, "bucket")
            self.s3.create_bucket(Bucket="bucket")
            self.s3.put_object(Bucket="bucket", Key=stored.key, Body=body)
        message = envelope.encode(stored)
        attributes: Any = {
            name: {"DataType": "String", "StringValue": value} for name, value in (message.attributes | more).items()
        }
        url = self.stack.outputs["DeadLetterQueueUrl"]
        self.sqs.send_message(QueueUrl=url, MessageBody=message.body, MessageAttributes=attributes)

    def replayed(self) -> list[Any]:
        """What has come to the webhook queue."""
        url = self.stack.outputs["QueueUrl"]
        answer = self.sqs.receive_message(
            QueueUrl=url,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["MessageGroupId"],
            MaxNumberOfMessages=10,
        )
        return answer.get("Messages", [])


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Queues and a bucket of moto's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with MockedAws():
        yield Running()


FAILURE = json.dumps({"class": "refused", "reason": "AWS returned AccessDenied"})


@pytest.mark.parametrize("body", [b'{"action":"LOAN"}', b"\xff\x00", b"x" * 2000], ids=["text", "bytes", "large"])
def test_a_dead_letter_that_must_not_stay_goes_back_as_it_was_without_its_failure(body: bytes, running: Any) -> None:
    """Body, encoding and receipt id are kept; nothing is left on the dead-letter queue."""
    running.put_dead_letter(body, failure=FAILURE)
    operator = Operator(running, lambda _: False)
    assert operator.round() == 1
    [message] = running.replayed()
    values = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
    assert "failure" not in values
    assert values["receipt_id"] == "receipt-1"
    assert message["Attributes"]["MessageGroupId"] == "alma.replay"
    assert (len(operator.replayed_at), operator.dead, operator.without_cause) == (1, set(), 0)
    assert operator.round() == 0


def test_a_dead_letter_that_must_stay_is_remembered_and_one_without_a_cause_is_counted(running: Any) -> None:
    """By its body's digest; nothing goes back."""
    running.put_dead_letter(b"poison")
    operator = Operator(running, lambda digest: digest == digest_of(b"poison"))
    operator.round()
    assert (operator.dead, operator.replayed_at, operator.without_cause) == ({digest_of(b"poison")}, [], 1)
    assert running.replayed() == []


def test_both_queues_count_as_not_yet_done(running: Any) -> None:
    """A dead letter that waits for its replay is as little done as an event that waits."""
    operator = Operator(running, lambda _: False)
    assert operator.queued() == 0
    running.put_dead_letter(b"poison", failure=FAILURE)
    assert operator.queued() == 1


class Subscriptions:
    """Hands over these sightings once, and then ends the watch."""

    def __init__(self, *sightings: Sighting) -> None:
        self.sightings: list[Sighting] = []
        self._left = list(sightings)
        self.ended = threading.Event()

    def receive(self, _seconds: int) -> int:
        self.ended.set()
        self.sightings += self._left
        return len(self._left)


def test_an_arrival_is_known_by_its_bodys_digest_also_behind_a_pointer() -> None:
    """Bodies are not kept: a soak's memory must not grow with them."""
    pointer = json.dumps(["class", {"s3BucketName": "b", "s3Key": "bodies/0f0f"}]).encode()
    subscriptions = Subscriptions(
        Sighting("r1", "loan-created", b"x", 0.0, {}, 7.0, "m1"),
        Sighting("r2", "bib-updated", pointer, 0.0, {"ExtendedPayloadSize": "300000"}, 8.0, "m2"),
    )
    watcher = Watcher(subscriptions)  # type: ignore[arg-type]  # the part that is used
    watcher.work(subscriptions.ended)
    assert watcher.arrivals == [
        Arrival(digest_of(b"x"), "loan-created", 7.0, "m1"),
        Arrival("0f0f", "bib-updated", 8.0, "m2"),
    ]
    assert subscriptions.sightings == []
