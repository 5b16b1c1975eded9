"""Brings the messages of one queue to their outcomes: done, back to the queue, or a dead letter with its cause."""

import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger

from notifications.errors import Throttled
from processor.dead_letters import DeadLetterWriter
from processor.errors import Transient, as_failure
from processor.invocation import process_all
from processor.retries import RemainingTime, RetryPolicy, retry_in_process
from processor.webhook_queue import WebhookQueue

DEAD: Final = "dead"
SENT_AGAIN: Final = "sent-again"

SENT: Final = "SentTimestamp"
"""The time at which a message was sent, in milliseconds since 1970, among the attributes that the work gets."""

_COUNT: Final = re.compile("[1-9][0-9]{0,8}")

# "ChangeMessageVisibility", Amazon SQS API Reference: twelve hours in total since the message was received.
_MOST_HIDDEN_SECONDS: Final = 43_200


class Work(Protocol):
    """What a function does with a message."""

    def __call__(self, body: str, attributes: Mapping[str, str], remaining_time: RemainingTime, /) -> dict[str, Any]:
        """Return the facts for the log, with `outcome`. They hold nothing about a patron.

        Raise Permanent for a dead letter, Transient if the message is to come back.
        """


@dataclass
class _Attempt:
    record: dict[str, Any]
    remaining_time: RemainingTime
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def receives(self) -> int:
        attributes = self.record.get("attributes") or {}
        count = attributes.get("ApproximateReceiveCount")
        return int(count) if isinstance(count, str) and _COUNT.fullmatch(count) else 1

    @property
    def attributes(self) -> dict[str, str]:
        attributes = self.record.get("messageAttributes") or {}
        texts = {name: attribute.get("stringValue") or "" for name, attribute in attributes.items()}
        return texts | {SENT: str((self.record.get("attributes") or {}).get(SENT) or "")}


@dataclass(frozen=True, kw_only=True)
class QueueWorker:
    """Processes the messages of one queue. Tests replace `monotonic` and `sleep`.

    A throttled message waits as long as the failure says, and never becomes a dead letter: instead of its last receive
    it is sent again by `send_again`, as a new message after these seconds.
    """

    work: Work
    queue: WebhookQueue
    dead_letters: DeadLetterWriter
    retry_policy: RetryPolicy
    logger: Logger
    send_again: Callable[[dict[str, Any], int], None] | None = None
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def process_all(self, event: Any, remaining_time: RemainingTime) -> None:
        """Process the records of one invocation independently of each other. Raise the first Transient.

        `remaining_time` returns the seconds until Lambda ends the invocation. Raise ValueError if the event is not from
        SQS.
        """
        records = event.get("Records") if isinstance(event, dict) else None
        if not isinstance(records, list) or not all(map(_is_from_sqs, records)):
            raise ValueError("This function only accepts events from SQS.")
        process_all(records, lambda record: self.process(record, remaining_time), self.queue.acknowledge)

    def process(self, record: dict[str, Any], remaining_time: RemainingTime) -> None:
        """Bring one message to its outcome, and log one line about it. Raise Transient if it must come back."""
        attempt = _Attempt(record, remaining_time)
        started = self.monotonic()
        try:
            attempt.facts |= self._facts(attempt)
        except Transient as failure:
            seconds = self._seconds_away(failure, attempt.receives)
            is_postponed = self.queue.postpone(record, seconds)
            attempt.facts |= {"failure": failure.members, "seconds_away": seconds if is_postponed else "unchanged"}
            self._log("retry", attempt, started)
            raise
        self._log("outcome", attempt, started)

    def _facts(self, attempt: _Attempt) -> dict[str, Any]:
        """Return what the work found out, or the cause of a dead letter. Raise Transient while there are attempts."""
        try:
            return self.work(attempt.record["body"], attempt.attributes, attempt.remaining_time)
        except Exception as error:  # noqa: BLE001 - every exception becomes a Failure
            failure = as_failure(error)
        if isinstance(failure, Transient) and not self.retry_policy.is_exhausted(attempt.receives):
            raise failure
        if isinstance(failure, Throttled) and (send_again := self.send_again):
            seconds = self._seconds_away(failure, attempt.receives)
            _required(lambda: send_again(attempt.record, seconds), attempt, self.sleep)
            return {"outcome": SENT_AGAIN, "failure": failure.members}
        _required(lambda: self.dead_letters.put(attempt.record, [failure], attempt.receives), attempt, self.sleep)
        return {"outcome": DEAD, "failure": failure.members}

    def _seconds_away(self, failure: Transient, receives: int) -> int:
        """Return how long the message is hidden. SQS counts from the receipt, which may have been some time ago."""
        if not isinstance(failure, Throttled) or failure.retry_after is None:
            return self.retry_policy.backoff_seconds(failure, receives)
        held = self.retry_policy.visibility_seconds + self.retry_policy.function_seconds
        return max(1, math.ceil(min(failure.retry_after, _MOST_HIDDEN_SECONDS - held)))

    def _log(self, kind: str, attempt: _Attempt, started: float) -> None:
        line = {
            "receipt_id": attempt.attributes.get("receipt_id", ""),
            "receives": attempt.receives,
            **attempt.facts,
            "duration_ms": round((self.monotonic() - started) * 1000, 1),
        }
        self.logger.info(kind, extra=line)


def _required(call: Callable[[], None], attempt: _Attempt, sleep: Callable[[float], None]) -> None:
    """Make a call without which the message must come back: raise every failure as Transient."""
    try:
        retry_in_process(call, remaining_time=attempt.remaining_time, sleep=sleep)
    except Exception as error:  # noqa: BLE001 - every exception becomes a Failure
        raise Transient("transient", as_failure(error).reason) from None


def _is_from_sqs(record: Any) -> bool:
    return isinstance(record, dict) and record.get("eventSource") == "aws:sqs"
