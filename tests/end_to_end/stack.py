"""A running stack, as the tests see it: posts events, waits for their outcomes, and removes their dead letters.

It recognizes its own events by their receipt ids. Others may use the stack at the same time; their data is not kept.
"""

import json
import os
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts.alma_client.client import Reply, post, signature
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext, open_stack_context
from scripts.cli.signals import Interrupts
from scripts.local.observe import OutcomeLog, Sighting, Subscriptions, subscribed
from scripts.local.send import SECRET_VARIABLE
from tests.canary import sung
from tests.end_to_end.addresses import address_at
from tests.end_to_end.repeating import as_alma
from tests.end_to_end.running import Running, eventually
from tests.scripts.command import run

# The largest delay of a log line, and the largest difference between the local clock and AWS.
LATE = timedelta(minutes=5)

# Environment variables that a command needs to use the same AWS access as the tests.
_ENVIRONMENT = frozenset({"HOME", "SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy"})

_LONGEST_HOLD_SECONDS = 60


class Stack:
    """One stack. `facts` are those of the ready line of `run`; `scope` is its context for commands.

    On a stack that others may use too (`shared`), no data of others is kept.
    """

    def __init__(
        self,
        scope: StackContext,
        facts: dict[str, Any],
        subscriptions: Subscriptions,
        interrupts: Interrupts,
        *,
        shared: bool,
    ) -> None:
        self.scope = scope
        self.facts = facts
        self.aws: Aws = scope.aws
        self.subscriptions = subscriptions
        self._interrupts = interrupts
        self._is_shared = shared
        self.is_local = scope.aws.endpoint_url is not None
        late = 0 if self.is_local else int(LATE.total_seconds())
        self.log = OutcomeLog(self.aws, f"/aws/lambda/{facts['stack']}-processor", late_seconds=late)
        self.since = datetime.now(UTC) - LATE
        self.receipts: set[str] = set()
        self.signatures: set[str] = set()
        self._taken: set[str] = set()

    def __repr__(self) -> str:
        """Return only the name, because pytest prints it for failing tests and the facts contain a secret."""
        return f"the stack {self.facts['stack']}"

    def send(self, body: bytes, content_type: str = "application/json", **headers: str) -> Reply:
        """Post the body, signed."""
        signed = headers.get("signed") or signature(body, secret=self.facts["secret"])
        self.signatures.add(signed)
        with self._undisturbed():  # an event without a known receipt id could not be removed
            reply = post(self.facts["webhook_url"], body, signed=signed, content_type=content_type)
            self.owns([reply.receipt_id] if reply.receipt_id else [])
        return reply

    def _undisturbed(self) -> AbstractContextManager[None]:
        """Defer interrupts during a step that must be completed. Only the main thread is ever interrupted."""
        is_main = threading.current_thread() is threading.main_thread()
        return self._interrupts.deferred() if is_main else nullcontext()

    def accepted(self, body: bytes, content_type: str = "application/json") -> str:
        """Post the signed body with retries, as Alma does, require acceptance, and return the receipt id."""
        reply = as_alma(lambda: self.send(body, content_type))
        assert (reply.status, reply.error) == (200, None)
        assert reply.receipt_id
        return reply.receipt_id

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `alma-webhooks …` on this stack, with the permissions of the tests."""
        ours = {name: text for name, text in os.environ.items() if name.startswith("AWS_") or name in _ENVIRONMENT}
        ours |= {"AWS_REGION": self.facts["region"], "AWS_DEFAULT_REGION": self.facts["region"]}
        return run(*arguments, *self.scope.options.split(), environment={} if self.is_local else ours)

    def signing(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command that takes a URL and a secret instead of a stack."""
        return run(*arguments, environment={SECRET_VARIABLE: self.facts["secret"]})

    def outcome(self, receipt_id: str) -> dict[str, Any]:
        """Wait for the outcome line of the processor and return it."""

        def look() -> dict[str, Any] | None:
            self._read_log()
            return self.log.outcomes.get(receipt_id)

        return eventually(look, seconds=60)

    def _read_log(self) -> None:
        """Read new log lines; the emulator writes late lines only after an invocation."""
        if self.is_local:
            self.log.insist()
        else:
            self.log.read()

    def dead_letter(self, receipt_id: str) -> dict[str, Any]:
        """Wait for the dead letter with this receipt id, remove it from its queue, and return body and attributes."""
        return eventually(lambda: self._take({receipt_id}).get(receipt_id))

    def _take(self, wanted: set[str]) -> dict[str, dict[str, Any]]:
        """Receive some dead letters; remove and return those with one of these receipt ids."""
        queue, found = self.facts["dead_letter_queue_url"], dict[str, dict[str, Any]]()
        for message in self.aws.sqs.receive_message(
            QueueUrl=queue, MessageAttributeNames=["All"], MaxNumberOfMessages=10, VisibilityTimeout=self._hold()
        ).get("Messages", []):
            attributes = {name: each["StringValue"] for name, each in message.get("MessageAttributes", {}).items()}
            if (receipt_id := attributes.get("receipt_id", "")) in wanted:
                with self._undisturbed():
                    self.aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                    self._taken.add(receipt_id)
                found[receipt_id] = {"body": message["Body"], "attributes": attributes}
        return found

    def _hold(self) -> int:
        """Return the seconds for which dead letters of others are hidden, so that the next receive returns others."""
        names: Any = ["ApproximateNumberOfMessages"]
        queue = self.facts["dead_letter_queue_url"]
        found = self.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return min(_LONGEST_HOLD_SECONDS, 1 + int(found["ApproximateNumberOfMessages"]) // 50)

    def receive(self, wait_seconds: int = 1) -> int:
        """Add the messages from all topics to the sightings, and return how many were added."""
        seen = self.subscriptions.sightings
        before = len(seen)
        self.subscriptions.receive(wait_seconds)
        if self._is_shared:
            seen[before:] = [each for each in seen[before:] if each.receipt_id in self.receipts]
        return len(seen) - before

    def drain(self, seconds: float = 20.0) -> None:
        """Receive all messages that have arrived so far."""
        eventually(lambda: self.receive() == 0, seconds)

    def sightings(self, receipt_id: str) -> list[Sighting]:
        """Wait for a message with this receipt id at any topic, and return all of them."""

        self.owns([receipt_id])

        def look() -> list[Sighting]:
            self.receive()
            return [seen for seen in self.subscriptions.sightings if seen.receipt_id == receipt_id]

        return eventually(look)

    def execution(self, arn: str) -> dict[str, Any]:
        """Return the description of an execution by Step Functions."""
        return dict(self.aws.states.describe_execution(executionArn=arn))

    def executions(self) -> dict[str, Any]:
        """Return the input of every execution of the state machine pod since the stack was opened, by ARN."""
        arns: list[str] = []
        pages = self.aws.states.get_paginator("list_executions").paginate(
            stateMachineArn=self.facts["state_machines"]["pod"]
        )
        for page in pages:  # the latest first
            young = [each["executionArn"] for each in page["executions"] if each["startDate"] >= self.since]
            arns += young
            if not young:
                break
        return {arn: json.loads(self.execution(arn)["input"]) for arn in arns}

    def stored(self, pointer: str) -> bytes:
        """Return the body that a pointer of the AWS extended client libraries refers to."""
        [_, location] = json.loads(pointer)
        return self.aws.s3.get_object(Bucket=location["s3BucketName"], Key=location["s3Key"])["Body"].read()

    def queued(self) -> int:
        """Return the number of messages on the webhook queue, in flight or not, including those of others."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        queue = self.facts["queue_url"]
        attributes = self.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(count) for count in attributes.values())

    @property
    def taken(self) -> int:
        """The number of our dead letters that were removed from their queue."""
        return len(self._taken)

    def owns(self, receipt_ids: Iterable[str]) -> None:
        """Register events as ours that were not posted by `send`."""
        self.receipts |= set(receipt_ids)

    def tidy(self) -> list[str]:
        """Remove our remaining dead letters, and return the receipt ids of events that are not finished."""

        def left() -> set[str]:
            return self._dead() | (self.receipts - self.log.outcomes.keys())

        def look() -> bool:
            self._read_log()
            if dead := self._dead():
                self._take(dead)
            return not left()

        with suppress(AssertionError):  # the returned receipt ids show it
            eventually(look, seconds=60)
        return sorted(left())

    def _dead(self) -> set[str]:
        """Return those of our events whose dead letters are not removed yet."""
        found = {each for each, line in self.log.outcomes.items() if line["outcome"] == "dead"}
        return (found & self.receipts) - self._taken


@contextmanager
def watched(started: Running) -> Iterator[Stack]:
    """Open the stack of a run, with a queue subscribed to all its topics."""
    facts = started.facts
    with looked_at(
        open_stack_context(address_at("dev", facts["stack"], facts["endpoint_url"])), facts, Interrupts()
    ) as stack:
        yield stack


@contextmanager
def looked_at(
    scope: StackContext, facts: dict[str, Any], interrupts: Interrupts, *, shared: bool = False
) -> Iterator[Stack]:
    """Open a stack with a queue subscribed to all its topics, and check its logs for content at the end."""
    with subscribed(scope.aws, facts["topics"], interrupts) as subscriptions:
        stack = Stack(scope, facts, subscriptions, interrupts, shared=shared)
        yield stack
    assert leaks(stack) == {}


def leaks(stack: Stack) -> dict[str, set[str]]:
    """Return the content, secrets and signatures that the functions have logged since then, by log group."""
    found: dict[str, set[str]] = {}
    is_line = False
    start = int(stack.since.timestamp() * 1000)
    for function in ("ingest", "processor"):
        group = f"/aws/lambda/{stack.facts['stack']}-{function}"
        pages = stack.aws.logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start)
        text = "\n".join(event["message"] for page in pages for event in page["events"])
        is_line |= '"receipt_id"' in text
        if words := sung(text, {stack.facts["secret"], *stack.signatures}):
            found[group] = words
    assert is_line, "there was nothing to look at"
    return found
