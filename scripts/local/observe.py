"""Observe the deliveries of a stack: SNS messages, executions and outcome lines.

Wire forms: "Amazon SNS message and JSON formats" (no raw delivery) and FilterLogEvents of CloudWatch Logs.
"""

import base64
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple

from notifications.json_body import json_members
from scripts.aws.clients import Aws
from scripts.aws.nudge import MOST_WORKERS, nudge
from scripts.aws.queues import queue_count
from scripts.cli.signals import Interrupts

# The prefix of the names of our queues.
OBSERVER: Final = "alma-webhooks-observer-"

# The function is invoked if no new line has come for this long: at first soon and in few workers, since each that is
# not running yet has to start.
_FIRST_NUDGE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 5.0
_FIRST_WORKERS: Final = 2

# Lines reach CloudWatch Logs late and out of order by up to this much, so every read starts this far before the last
# one. The emulator stores the lines of a run when it ends, with that time; but it may be busy.
_OVERLAP_SECONDS: Final = 30
_EMULATOR_OVERLAP_SECONDS: Final = 5


class Sighting(NamedTuple):
    """One message received from a subscription to a topic. `at` is the monotonic time of this process.

    `published` (seconds since 1970) and `message_id` are the timestamp and the id from SNS.
    """

    receipt_id: str
    topic: str
    body: bytes
    at: float
    attributes: dict[str, str]
    published: float
    message_id: str


class Subscriptions:
    """A queue subscribed to every topic of a stack, without raw delivery, so that it gets topic and attributes."""

    def __init__(self, aws: Aws, queue_url: str, names: dict[str, str]) -> None:
        self._aws = aws
        self._queue_url = queue_url
        self._names = names
        self.sightings: list[Sighting] = []

    def receive(self, wait_seconds: int = 0) -> int:
        """Add new messages to `sightings`, waiting up to `wait_seconds` for one; return their number."""
        messages = self._aws.sqs.receive_message(
            QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds
        ).get("Messages", [])
        for message in messages:
            self.sightings.append(_sighting(json.loads(message["Body"]), self._names))
            self._aws.sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def waiting(self) -> int:
        """Return the number of messages on the queue, including those in flight."""
        return queue_count(self._aws.sqs, self._queue_url)


@contextmanager
def subscribed(aws: Aws, topics: dict[str, str], interrupts: Interrupts) -> Iterator[Subscriptions]:
    """Subscribe to these topics (name to ARN); remove subscriptions and queue at the end of the block."""
    subscriptions: list[str] = []
    name = f"{OBSERVER}{secrets.token_hex(4)}"
    place, _, _ = next(iter(topics.values()), "").rpartition(":")
    queue_arn = f"{place.replace(':sns:', ':sqs:')}:{name}"
    # Created with its policy, because a later change can take a minute, and SNS does not repeat what SQS rejects.
    attributes = {"Policy": _queue_policy(queue_arn, list(topics.values()))} if topics else {}
    queue_url = aws.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type] # the stubs want literal keys
    try:
        for arn in topics.values():
            with interrupts.deferred():
                answer = aws.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
                subscriptions.append(answer["SubscriptionArn"])
        yield Subscriptions(aws, queue_url, {arn: name for name, arn in topics.items()})
    finally:
        with interrupts.deferred():
            for subscription in subscriptions:
                aws.sns.unsubscribe(SubscriptionArn=subscription)
            aws.sqs.delete_queue(QueueUrl=queue_url)


def execution_input(aws: Aws, execution_arn: str) -> Any:
    """Return the input of an execution as JSON values, or None if there is no such execution."""
    try:
        return json.loads(aws.states.describe_execution(executionArn=execution_arn)["input"])
    except aws.states.exceptions.ExecutionDoesNotExist:
        return None


class OutcomeLog:
    """The log of the processor from now on: one line per outcome and per failed attempt.

    `late_seconds` is the maximum delay of a line, including the difference of the clocks; 0 on the emulator.
    """

    def __init__(self, aws: Aws, log_group: str, *, late_seconds: int = 0) -> None:
        self._aws = aws
        self._log_group = log_group
        self._since = int(time.time()) - late_seconds
        self._overlap = max(late_seconds, _OVERLAP_SECONDS) if late_seconds else _EMULATOR_OVERLAP_SECONDS
        self._read: set[tuple[str, int, str]] = set()
        self._last_new = time.monotonic()
        self._nudges = 0
        self.outcomes: dict[str, dict[str, Any]] = {}

    def read(self) -> list[dict[str, Any]]:
        """Return the new lines, oldest first, and add their outcomes to `outcomes`, by receipt id."""
        start = self._since * 1000
        self._since = max(self._since, int(time.time()) - self._overlap)
        self._read = {line for line in self._read if line[1] >= start}
        pages = self._aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._log_group, startTime=start
        )
        found = {(e["logStreamName"], e["timestamp"], e["message"]) for page in pages for e in page["events"]}
        new = sorted(found - self._read, key=lambda line: line[1])
        self._read |= found
        parsed = [json_members(message) for _, _, message in new]
        lines = [line for line in parsed if line.get("message") in {"outcome", "retry"} and "receipt_id" in line]
        self.outcomes |= {line["receipt_id"]: line for line in lines if line["message"] == "outcome"}
        if lines:
            self._last_new = time.monotonic()
            self._nudges = 0
        return lines

    def insist(self) -> list[dict[str, Any]]:
        """Read as `read` does, and invoke the function if nothing new has come for a while."""
        if time.monotonic() - self._last_new > min(_FIRST_NUDGE_SECONDS * 2**self._nudges, _LONGEST_PAUSE_SECONDS):
            workers = min(_FIRST_WORKERS * 2**self._nudges, MOST_WORKERS)
            nudge(self._aws, self._log_group.rpartition("/")[2], workers)
            self._nudges += 1
            self._last_new = time.monotonic()
        return self.read()


def _sighting(notification: dict[str, Any], names: dict[str, str]) -> Sighting:
    attributes = {name: attribute["Value"] for name, attribute in notification.get("MessageAttributes", {}).items()}
    text = notification["Message"]
    body = base64.b64decode(text) if attributes.get("encoding") == "base64" else text.encode()
    return Sighting(
        attributes.get("receipt_id", ""),
        names[notification["TopicArn"]],
        body,
        time.monotonic(),
        attributes,
        datetime.fromisoformat(notification["Timestamp"]).timestamp(),
        notification["MessageId"],
    )


def _queue_policy(queue_arn: str, topic_arns: list[str]) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arns}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
