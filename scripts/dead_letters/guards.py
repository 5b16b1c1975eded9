"""Sees that the two queues are what a changing command takes them for, before it changes anything. Changes nothing."""

import json
from typing import NamedTuple

from scripts.aws.clients import moment_of
from scripts.aws.clock import Clock, aws_clock
from scripts.cli.exit_codes import RejectedError
from scripts.dead_letters.service import DeadLetterStore


class CheckedQueues(NamedTuple):
    """What the guards have found: the caller's ARN, the webhook queue's URL, AWS' clock."""

    who: str
    webhook_queue_url: str
    clock: Clock


class _Queue(NamedTuple):
    arn: str
    redrives_to: str  # the ARN of its own dead-letter queue; empty without one

    @property
    def place(self) -> tuple[str, str]:
        """Account and region ("Amazon Resource Names", AWS General Reference)."""
        _, _, _, region, account, *_ = f"{self.arn}:::::".split(":")
        return account, region


def check_queues(dead_letters: DeadLetterStore) -> CheckedQueues:
    """Return if dead letters go back to their source queue, and both queues are in the caller's account and region.

    Raises RejectedError, ConfigurationError when the stack's outputs do not tell, and botocore's errors.
    """
    scope = dead_letters.scope
    url = scope.output("QueueUrl", "where its webhook queue is")
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
        if queue.place != here:
            raise RejectedError(f"{queue.arn} is not in your account and region (account {here[0]}, region {here[1]}).")
    return CheckedQueues(caller["Arn"], url, aws_clock(moment_of(caller)))


def _queue(dead_letters: DeadLetterStore, url: str) -> _Queue:
    sqs = dead_letters.scope.aws.sqs
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn", "RedrivePolicy"])["Attributes"]
    return _Queue(found["QueueArn"], json.loads(found.get("RedrivePolicy") or "{}").get("deadLetterTargetArn", ""))
