"""A stack that runs, and our eyes on it: posts events, waits for what comes of them, takes off what they leave.

Knows its own events by their receipt ids: others may use the stack at the same time, and what is theirs is not kept.
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
from tests.end_to_end.repeating import as_alma
from tests.end_to_end.running import Running, eventually
from tests.scripts.command import run

# So late a log line may be, and so far apart may be the clocks of this computer and of AWS.
LATE = timedelta(minutes=5)

# What a command needs of the environment to work on AWS as we do.
_ENVIRONMENT = frozenset({"HOME", "SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy"})

_LONGEST_HOLD_SECONDS = 60


class Stack:
    """One stack. `facts` are those of the ready line of `run`; `scope` is the operators' view of it.

    Where others may be at work too (`shared`), nothing is kept of what is not ours.
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
        """The name only: pytest shows it where a test fails, and nothing that is shown may show a secret."""
        return f"the stack {self.facts['stack']}"

    def send(self, body: bytes, content_type: str = "application/json", **headers: str) -> Reply:
        """Posts the body, signed."""
        signed = headers.get("signed") or signature(body, secret=self.facts["secret"])
        self.signatures.add(signed)
        with self._undisturbed():  # an event whose receipt id nobody knows could not be tidied away
            reply = post(self.facts["webhook_url"], body, signed=signed, content_type=content_type)
            self.owns([reply.receipt_id] if reply.receipt_id else [])
        return reply

    def _undisturbed(self) -> AbstractContextManager[None]:
        """What must not be left half done. Only the main thread is ever interrupted."""
        is_main = threading.current_thread() is threading.main_thread()
        return self._interrupts.deferred() if is_main else nullcontext()

    def accepted(self, body: bytes, content_type: str = "application/json") -> str:
        """Posts the body, signed, as Alma does; it must be accepted. The receipt id."""
        reply = as_alma(lambda: self.send(body, content_type))
        assert (reply.status, reply.error) == (200, None)
        assert reply.receipt_id
        return reply.receipt_id

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs `alma-webhooks …` on this stack, with the rights that we have."""
        ours = {name: text for name, text in os.environ.items() if name.startswith("AWS_") or name in _ENVIRONMENT}
        ours |= {"AWS_REGION": self.facts["region"], "AWS_DEFAULT_REGION": self.facts["region"]}
        return run(*arguments, *self.scope.options.split(), environment={} if self.is_local else ours)

    def signing(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs a command that takes a URL and a secret, not a stack."""
        return run(*arguments, environment={SECRET_VARIABLE: self.facts["secret"]})

    def outcome(self, receipt_id: str) -> dict[str, Any]:
        """The processor's outcome line, waited for."""

        def look() -> dict[str, Any] | None:
            self._read_log()
            return self.log.outcomes.get(receipt_id)

        return eventually(look, seconds=60)

    def _read_log(self) -> None:
        """Only the emulator's lines need a nudge, which is an invocation: AWS' come by themselves."""
        if self.is_local:
            self.log.insist()
        else:
            self.log.read()

    def dead_letter(self, receipt_id: str) -> dict[str, Any]:
        """The dead letter with this receipt id, waited for and taken off its queue: body and attributes."""
        return eventually(lambda: self._take({receipt_id}).get(receipt_id))

    def _take(self, wanted: set[str]) -> dict[str, dict[str, Any]]:
        """Those of some dead letters that have one of these receipt ids, taken off their queue."""
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
        """Return the seconds for which dead letters of others are hidden, so that a look goes on to the next."""
        names: Any = ["ApproximateNumberOfMessages"]
        queue = self.facts["dead_letter_queue_url"]
        found = self.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return min(_LONGEST_HOLD_SECONDS, 1 + int(found["ApproximateNumberOfMessages"]) // 50)

    def receive(self, wait_seconds: int = 1) -> int:
        """Adds the messages that have come at whichever topic to the sightings; how many there were to add."""
        seen = self.subscriptions.sightings
        before = len(seen)
        self.subscriptions.receive(wait_seconds)
        if self._is_shared:
            seen[before:] = [each for each in seen[before:] if each.receipt_id in self.receipts]
        return len(seen) - before

    def drain(self, seconds: float = 20.0) -> None:
        """Receives all that has come so far."""
        eventually(lambda: self.receive() == 0, seconds)

    def sightings(self, receipt_id: str) -> list[Sighting]:
        """The messages with this receipt id, at whichever topic; at least one is waited for."""

        self.owns([receipt_id])

        def look() -> list[Sighting]:
            self.receive()
            return [seen for seen in self.subscriptions.sightings if seen.receipt_id == receipt_id]

        return eventually(look)

    def execution(self, arn: str) -> dict[str, Any]:
        """What Step Functions says of an execution."""
        return dict(self.aws.states.describe_execution(executionArn=arn))

    def executions(self) -> dict[str, Any]:
        """The input of every execution of the state machine pod since we look, by ARN."""
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
        """The body that a pointer of AWS' extended client libraries leads to."""
        [_, location] = json.loads(pointer)
        return self.aws.s3.get_object(Bucket=location["s3BucketName"], Key=location["s3Key"])["Body"].read()

    def queued(self) -> int:
        """How many messages the webhook queue holds, in flight or not, whoever's they are."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        queue = self.facts["queue_url"]
        attributes = self.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(count) for count in attributes.values())

    @property
    def taken(self) -> int:
        """How many of our dead letters were taken off their queue."""
        return len(self._taken)

    def owns(self, receipt_ids: Iterable[str]) -> None:
        """Events that were posted by other means than `send` are ours too."""
        self.receipts |= set(receipt_ids)

    def tidy(self) -> list[str]:
        """Takes what is left of our dead letters off their queue; the receipt ids of what has not come to its end."""

        def left() -> set[str]:
            return self._dead() | (self.receipts - self.log.outcomes.keys())

        def look() -> bool:
            self._read_log()
            if dead := self._dead():
                self._take(dead)
            return not left()

        with suppress(AssertionError):  # told by the receipt ids that are returned
            eventually(look, seconds=60)
        return sorted(left())

    def _dead(self) -> set[str]:
        """Those of our events whose dead letters nobody has taken yet."""
        found = {each for each, line in self.log.outcomes.items() if line["outcome"] == "dead"}
        return (found & self.receipts) - self._taken


@contextmanager
def watched(started: Running) -> Iterator[Stack]:
    """A run's stack, with a queue subscribed to all its topics."""
    facts = started.facts
    with looked_at(open_stack_context("dev", facts["stack"], facts["endpoint_url"]), facts, Interrupts()) as stack:
        yield stack


@contextmanager
def looked_at(
    scope: StackContext, facts: dict[str, Any], interrupts: Interrupts, *, shared: bool = False
) -> Iterator[Stack]:
    """A stack, with a queue subscribed to all its topics; nothing of content is in its logs at the end."""
    with subscribed(scope.aws, facts["topics"], interrupts) as subscriptions:
        stack = Stack(scope, facts, subscriptions, interrupts, shared=shared)
        yield stack
    assert leaks(stack) == {}


def leaks(stack: Stack) -> dict[str, set[str]]:
    """What the functions have logged of content, secrets and signatures since we look, by log group."""
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
