"""Tests of how a message of a queue comes to its outcome."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import boto3
import pytest
from loan_cache.queue_worker import QueueWorker

from processor.dead_letters import DeadLetterWriter
from processor.errors import Permanent, Transient
from processor.retries import RetryPolicy
from processor.webhook_queue import WebhookQueue
from tests.examples.loan_cache.bodies import NOW
from tests.new_logger import new_logger

POLICY = RetryPolicy(max_receives=3, visibility_seconds=60, function_seconds=10, random=lambda: 0.5)


class Bench:
    """A worker on a queue of moto, whose work a test gives, and its queues."""

    def __init__(self, work: Callable[[str], dict[str, Any]]) -> None:
        self.sqs = boto3.client("sqs")
        self.url, self.dead = (self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("events", "dead"))
        self.lines: list[dict[str, Any]] = []
        logger = cast("Any", new_logger(io.StringIO()))
        logger.info = lambda message, extra: self.lines.append({"message": message, **extra})
        self.worker = QueueWorker(
            work=lambda body, _attributes, _remaining_time: work(body),
            queue=WebhookQueue(self.sqs, self.url),
            dead_letters=DeadLetterWriter(self.sqs, self.dead, lambda: NOW),
            retry_policy=POLICY,
            logger=logger,
            monotonic=lambda: 0.0,
            sleep=lambda _: None,
        )

    def records(self, *bodies: str, receives: object = "1") -> list[dict[str, Any]]:
        """Send and receive messages, and return them as Lambda does."""
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)
        received = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)["Messages"]
        return [
            {
                "eventSource": "aws:sqs",
                "body": each["Body"],
                "receiptHandle": each["ReceiptHandle"],
                "attributes": {"ApproximateReceiveCount": receives},
                "messageAttributes": {"receipt_id": {"stringValue": "r-1", "dataType": "String"}},
            }
            for each in received
        ]

    def run(self, *bodies: str, receives: object = "1") -> None:
        """Process messages in one invocation."""
        self.worker.process_all({"Records": self.records(*bodies, receives=receives)}, lambda: 25.0)

    def dead_letters(self) -> list[Mapping[str, Any]]:
        """Return body and failure of the dead letters."""
        received = self.sqs.receive_message(QueueUrl=self.dead, MessageAttributeNames=["All"], MaxNumberOfMessages=10)
        return [
            {"body": each["Body"], **json.loads(each["MessageAttributes"]["failure"]["StringValue"])}
            for each in received.get("Messages", [])
        ]

    def hidden(self) -> int:
        """Return how many messages wait hidden on the queue."""
        name: Any = "ApproximateNumberOfMessagesNotVisible"
        return int(self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])["Attributes"][name])


def failing(error: Exception) -> Callable[[str], dict[str, Any]]:
    def work(_body: str) -> dict[str, Any]:
        raise error

    return work


@pytest.mark.usefixtures("aws")
def test_the_facts_of_the_work_are_one_line_of_the_log() -> None:
    """With the receipt id, by which `trace` finds it."""
    bench = Bench(lambda _: {"outcome": "applied"})
    bench.run("body")
    assert bench.lines == [
        {"message": "outcome", "receipt_id": "r-1", "receives": 1, "outcome": "applied", "duration_ms": 0.0}
    ]
    assert bench.dead_letters() == []


@pytest.mark.usefixtures("aws")
def test_a_transient_failure_hides_the_message_for_longer_each_time() -> None:
    """The first time for the visibility timeout, then twice as long."""
    bench = Bench(failing(Transient("transient", "the loans table returned ThrottlingException")))
    with pytest.raises(Transient):
        bench.run("body", receives="2")
    [line] = bench.lines
    assert (line["message"], line["seconds_away"], line["failure"]["class"]) == ("retry", 120, "transient")
    assert (bench.dead_letters(), bench.hidden()) == ([], 1)


@pytest.mark.usefixtures("aws")
def test_a_message_that_could_not_be_postponed_comes_back_by_itself() -> None:
    """The log says so, and the failure is the same."""
    bench = Bench(failing(Transient("transient", "a throttle")))
    records = bench.records("body")
    bench.sqs.delete_queue(QueueUrl=bench.url)
    with pytest.raises(Transient, match="a throttle"):
        bench.worker.process_all({"Records": records}, lambda: 25.0)
    assert bench.lines[0]["seconds_away"] == "unchanged"


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("error", "receives", "cause"),
    [
        (
            Permanent("not-parsed", "no time", field="time"),
            "1",
            {"class": "not-parsed", "reason": "no time", "field": "time"},
        ),
        (Transient("transient", "a throttle"), "3", {"class": "transient", "reason": "a throttle"}),
        (ValueError("of a patron"), "3", {"class": "unknown"}),
    ],
)
def test_a_permanent_failure_and_the_last_receive_make_a_dead_letter(
    error: Exception, receives: str, cause: dict[str, str]
) -> None:
    """It has the body, the cause and the number of attempts; an exception's own text is nowhere."""
    bench = Bench(failing(error))
    bench.run("body", receives=receives)
    [dead] = bench.dead_letters()
    assert {"body": "body", "attempts": int(receives), **cause}.items() <= dead.items()
    assert bench.lines[0]["outcome"] == "dead"
    assert "of a patron" not in json.dumps([*bench.lines, dead])


@pytest.mark.usefixtures("aws")
def test_without_a_dead_letter_the_message_comes_back() -> None:
    """Nothing is acknowledged that is not on another queue."""
    bench = Bench(failing(Permanent("not-parsed", "no time")))
    bench.sqs.delete_queue(QueueUrl=bench.dead)
    with pytest.raises(Transient, match="dead-letter queue"):
        bench.run("body")
    assert bench.hidden() == 1


@pytest.mark.usefixtures("aws")
def test_messages_of_one_invocation_do_not_affect_each_other() -> None:
    """If one fails, the others are acknowledged, because Lambda returns all of them to the queue."""

    def work(body: str) -> dict[str, Any]:
        if body == "2":
            raise Transient("transient", "a throttle")
        return {"outcome": "applied"}

    bench = Bench(work)
    with pytest.raises(Transient):
        bench.run("1", "2", "3")
    assert sorted(line["message"] for line in bench.lines) == ["outcome", "outcome", "retry"]
    assert bench.hidden() == 1


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("receives", [None, "", "0", "many", 3])
def test_a_receive_count_that_sqs_never_sends_counts_as_one(receives: object) -> None:
    """It does not make a dead letter too early."""
    bench = Bench(failing(Transient("transient", "a throttle")))
    with pytest.raises(Transient):
        bench.run("body", receives=receives)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("event", [None, {}, {"Records": [{"eventSource": "aws:sns"}]}, {"Records": ["text"]}])
def test_only_events_of_sqs_are_accepted(event: object) -> None:
    """A test event of the console is an error with a sentence."""
    with pytest.raises(ValueError, match="only accepts events from SQS"):
        Bench(lambda _: {}).worker.process_all(event, lambda: 25.0)
