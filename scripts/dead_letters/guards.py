"""Check the two queues before a command changes dead letters."""

import json
from typing import NamedTuple

from scripts.aws.clients import moment_of
from scripts.aws.clock import Clock, aws_clock
from scripts.aws.context import StackContext
from scripts.cli.exit_codes import RejectedError
from scripts.dead_letters.store import DeadLetterStore


class CheckedQueues(NamedTuple):
    """The result of the check: the caller's ARN, and AWS' clock."""

    who: str
    clock: Clock


class _Queue(NamedTuple):
    arn: str
    redrives_to: str  # ARN of its dead-letter queue; empty if it has none

    @property
    def account_and_region(self) -> tuple[str, str]:
        """Account and region of the queue ("Amazon Resource Names", AWS General Reference)."""
        _, _, _, region, account, *_ = f"{self.arn}:::::".split(":")
        return account, region


def webhook_queue_url(scope: StackContext) -> str:
    """Return the URL of the webhook queue. Raise ConfigurationError if the stack has no output for it."""
    return scope.output("QueueUrl", "where its webhook queue is")


def check_queues(dead_letters: DeadLetterStore) -> CheckedQueues:
    """Check that the queues belong together, and are in the caller's account and region.

    Raise RejectedError if not, ConfigurationError if the stack lacks the outputs, and botocore's errors.
    """
    scope = dead_letters.scope
    url = webhook_queue_url(scope)
    caller = scope.aws.sts.get_caller_identity()
    source, target = _queue(dead_letters, url), _queue(dead_letters, dead_letters.queue.url)
    if source.arn == target.arn:
        raise RejectedError(
            f"The stack {scope.stack.name} has one queue, {source.arn}, as webhook queue and as dead-letter queue."
        )
    if source.redrives_to != target.arn:
        raise RejectedError(
            f"{target.arn} is not the dead-letter queue of {source.arn}; its own is {source.redrives_to or 'none'}."
        )
    here = caller["Account"], scope.aws.sqs.meta.region_name
    for queue in (source, target):
        if queue.account_and_region != here:
            raise RejectedError(f"{queue.arn} is not in your account and region (account {here[0]}, region {here[1]}).")
    return CheckedQueues(caller["Arn"], aws_clock(moment_of(caller)))


def _queue(dead_letters: DeadLetterStore, url: str) -> _Queue:
    sqs = dead_letters.scope.aws.sqs
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn", "RedrivePolicy"])["Attributes"]
    return _Queue(found["QueueArn"], json.loads(found.get("RedrivePolicy") or "{}").get("deadLetterTargetArn", ""))
