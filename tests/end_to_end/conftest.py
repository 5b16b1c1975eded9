"""One local engine for all end-to-end tests, with what a test needs to send events and see where they come out."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from scripts.deploy.aws import Aws
from scripts.local.interrupts import Interrupts
from scripts.local.observe import OutcomeLog, Sighting, Subscriptions, subscribed
from scripts.local.posting import Reply, post, signature
from tests.canary import sung
from tests.end_to_end.running import Running, eventually

# Every signature that was sent, for the canary.
_signatures: set[str] = set()


class Stack(NamedTuple):
    """A stack that runs, and our eyes on it."""

    facts: dict[str, Any]
    aws: Aws
    subscriptions: Subscriptions
    log: OutcomeLog

    def send(self, body: bytes, content_type: str = "application/json", **headers: str) -> Reply:
        """Posts the body, signed."""
        signed = headers.get("signed") or signature(body, secret=self.facts["secret"])
        _signatures.add(signed)
        return post(self.facts["webhook_url"], body, signed=signed, content_type=content_type)

    def accepted(self, body: bytes, content_type: str = "application/json") -> str:
        """Posts the body, signed, which must be accepted; the receipt id."""
        reply = self.send(body, content_type)
        assert (reply.status, reply.error) == (200, None)
        assert reply.receipt_id
        return reply.receipt_id

    def outcome(self, receipt_id: str) -> dict[str, Any]:
        """The processor's outcome line, waited for."""

        def look() -> dict[str, Any] | None:
            self.log.insist()
            return self.log.outcomes.get(receipt_id)

        return eventually(look, seconds=60)

    def dead_letter(self, receipt_id: str) -> dict[str, Any]:
        """The dead letter with this receipt id, waited for and taken off its queue: body and attributes."""

        def look() -> dict[str, Any] | None:
            queue = self.facts["dead_letter_queue_url"]
            for message in self.aws.sqs.receive_message(
                QueueUrl=queue, MessageAttributeNames=["All"], MaxNumberOfMessages=10, VisibilityTimeout=1
            ).get("Messages", []):
                attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
                if attributes.get("receipt_id") == receipt_id:
                    self.aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                    return {"body": message["Body"], "attributes": attributes}
            return None

        return eventually(look)

    def sightings(self, receipt_id: str) -> list[Sighting]:
        """The messages with this receipt id, at whichever topic; at least one is waited for."""

        def look() -> list[Sighting]:
            self.subscriptions.receive(1)
            return [seen for seen in self.subscriptions.sightings if seen.receipt_id == receipt_id]

        return eventually(look)

    def executions(self) -> dict[str, Any]:
        """The input of every execution of the workflow pod, by ARN."""
        pages = self.aws.states.get_paginator("list_executions").paginate(
            stateMachineArn=self.facts["state_machines"]["pod"]
        )
        arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
        return {arn: json.loads(self.aws.states.describe_execution(executionArn=arn)["input"]) for arn in arns}

    def settled(self) -> int:
        """How many messages the webhook queue holds once that has not changed for a second: what is done is gone."""
        last = (time.monotonic(), self.queued())

        def look() -> tuple[int] | None:
            nonlocal last
            since, count = last
            if (now := self.queued()) != count:
                last = (time.monotonic(), now)
                return None
            return (count,) if time.monotonic() - since >= 1 else None

        return eventually(look)[0]

    def queued(self) -> int:
        """How many messages the webhook queue holds, in flight or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        queue = self.facts["queue_url"]
        attributes = self.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]  # type: ignore[arg-type] # plain strings
        return sum(int(count) for count in attributes.values())


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A run without samples, stopped by Ctrl-C at the end: exit 0, no process and no file left."""
    # A short timeout, so that of equal events at once the others are settled soon.
    arguments = ("--port", "0", "--no-samples", "--parameter=ProcessorTimeout=15")
    with Running(tmp_path_factory.mktemp("run"), *arguments) as run:
        yield run
        assert run.end(signal.SIGINT) == 0, run.err
        assert run.workers() == []
        assert list(run.folder.iterdir()) == []


@pytest.fixture(scope="session")
def stack(running: Running) -> Iterator[Stack]:
    """The stack of that run, with a queue subscribed to all its topics."""
    with watched(running) as stack:
        yield stack


@contextmanager
def watched(run: Running) -> Iterator[Stack]:
    """A run's stack, with a queue subscribed to all its topics."""
    facts = run.facts
    aws = Aws.local(facts["endpoint_url"], facts["region"])
    with subscribed(aws, facts["topics"], Interrupts()) as subscriptions:
        yield Stack(facts, aws, subscriptions, OutcomeLog(aws, f"/aws/lambda/{facts['stack']}-processor"))
    assert leaks(aws, facts) == {}


def leaks(aws: Aws, facts: dict[str, Any]) -> dict[str, set[str]]:
    """What the functions of a run have logged of content, secrets and signatures, by log group."""
    found: dict[str, set[str]] = {}
    looked_at = ""
    for function in ("ingest", "processor"):
        group = f"/aws/lambda/{facts['stack']}-{function}"
        pages = aws.logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=0)
        text = "\n".join(event["message"] for page in pages for event in page["events"])
        looked_at += text
        if words := sung(text, {facts["secret"], *_signatures}):
            found[group] = words
    assert '"receipt_id"' in looked_at, "there was nothing to look at"
    return found
