"""Sessions of commands that change dead letters: they check the queues, hold the lock and write the audit."""

import json
import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, NamedTuple

from processor.codes import NOT_A_CODE, is_code
from scripts.aws import lock
from scripts.aws.clients import moment_of
from scripts.aws.clock import Clock, aws_clock
from scripts.aws.context import StackContext
from scripts.aws.exclusive import ChangeSession, exclusive
from scripts.cli.exit_codes import RejectedError
from scripts.dead_letters.condition_outline import outline
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.store import DeadLetterStore

_LOCK: Final = "dead-letters"


def open_change_session(
    dead_letters: DeadLetterStore,
    command: str,
    *,
    audit_file: Path | None = None,
    filters: Filters | None = None,
    seconds: int = lock.SECONDS,
    clock: Clock | None = None,
) -> AbstractContextManager[ChangeSession]:
    """Check the queues, then return `exclusive` for them: it holds the lock and writes the audit.

    Raise RejectedError (wrong queues, or another command holds the lock), FailedError (the audit cannot be written),
    ConfigurationError (an older template) and botocore's errors before anything was changed.
    """
    checked = check_queues(dead_letters)
    return exclusive(
        dead_letters.scope,
        _LOCK,
        command,
        who=checked.who,
        clock=clock or checked.clock,
        audit_file=audit_file,
        filters=_audited_filters(filters),
        seconds=seconds,
    )


def _audited_filters(filters: Filters | None) -> dict[str, Any]:
    """Return the filters for the audit, without empty ones and without values that may be patron data.

    IDs become their number, because each dead letter has a line of its own. A condition becomes its outline. Other
    values stay if they have the form of a name.
    """
    chosen = {name: value for name, value in vars(filters).items() if value} if filters else {}
    if "ids" in chosen:
        chosen["ids"] = len(chosen["ids"])
    if "where" in chosen:
        chosen["where"] = outline(chosen["where"])
    return {
        name: list(map(_name_or_placeholder, value)) if isinstance(value, tuple) else value
        for name, value in chosen.items()
    }


def _name_or_placeholder(text: str) -> str:
    """Return the text if it has the form of a code, or of the name of a route, target or profile."""
    return text if all(map(is_code, re.split(r"[.:/]", text))) else NOT_A_CODE


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
