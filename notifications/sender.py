"""Brings queued notifications to their outcomes: SQS record → envelope → notification → service → outcome."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notifications.errors import Paced, Throttled, Transient
from notifications.fallbacks import SendingWithFallback
from notifications.incoming import Incoming
from notifications.sender_outcomes import SenderOutcome
from notifications.sender_queue import MOST_DELAY_SECONDS, SenderQueue
from notifications.sender_telemetry import SenderTelemetry
from notifications.sending import clause
from processor.dead_letters import DeadLetterWriter
from processor.errors import Failure, InProgress, as_failure
from processor.invocation import attributes_of, process_all, receives_of
from processor.retries import RemainingTime, RetryPolicy, retry_in_process

# "ChangeMessageVisibility", Amazon SQS API Reference: twelve hours in total since the message was received.
MOST_HIDDEN_SECONDS = 43_200

# The clocks of two functions of AWS differ by less.
_CLOCKS_DIFFER_SECONDS = 60.0

# Failures that say when to come back. They use up no receive, until the notification is too old.
_HELD = (Throttled, InProgress)


@dataclass
class SenderAttempt:
    """One attempt at one message, with the facts for its log line."""

    record: dict[str, Any]
    remaining_time: RemainingTime
    incoming: Incoming | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def receives(self) -> int:
        """The receive count of the message."""
        return receives_of(self.record)

    @property
    def target(self) -> str:
        """The integration and topic, if the message could be read."""
        return self.incoming.target if self.incoming else ""


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Sends the notifications of one stage. `most_age_seconds` bounds how long a service can throttle one of them."""

    sending: SendingWithFallback
    queue: SenderQueue
    dead_letters: DeadLetterWriter
    retry_policy: RetryPolicy
    telemetry: SenderTelemetry
    most_age_seconds: int
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def process_all(self, records: list[dict[str, Any]], remaining_time: RemainingTime) -> None:
        """Process the records of one invocation independently of each other. Raise the first Transient."""
        process_all(records, lambda record: self.process(record, remaining_time), self.queue.acknowledge)

    def process(self, record: dict[str, Any], remaining_time: RemainingTime) -> SenderOutcome:
        """Bring one SQS record to its outcome, and log one line about it.

        When this returns, the message may be acknowledged. Raise Transient if it must come back.
        """
        attempt = SenderAttempt(record, remaining_time)
        started = self.monotonic()
        try:
            outcome = self._outcome(attempt)
        except Transient as failure:
            seconds = self._seconds_away(failure, attempt.receives)
            attempt.facts["failure"] = failure.members
            attempt.facts["seconds_away"] = seconds if self.queue.postpone(record, seconds) else "unchanged"
            self._report(attempt, SenderOutcome.RETRY, started)
            raise
        self._report(attempt, outcome, started)
        return outcome

    def _outcome(self, attempt: SenderAttempt) -> SenderOutcome:
        """Return the outcome. Raise Transient while the message is to come back."""
        try:
            attempt.incoming = Incoming.read(attempt.record)
            result = self.sending.send(attempt.incoming, attempt.remaining_time)
        except Exception as error:  # noqa: BLE001 - every exception becomes a Failure
            failure = as_failure(error).at("", attempt.target)
        else:
            attempt.facts |= result.members
            return result.outcome
        if _is_throttled(failure):
            attempt.facts["throttled"] = True
        return self._later(attempt, failure) if isinstance(failure, Transient) else self._dead(attempt, failure)

    def _later(self, attempt: SenderAttempt, failure: Transient) -> SenderOutcome:
        """Raise a failure, so that the message comes back. On its last receive, send it again or make a dead letter."""
        age = self._age(attempt) if isinstance(failure, _HELD) else None
        if age is not None and age > self.most_age_seconds:
            failure.reason = f"{clause(failure)}, and the notification is older than {self.most_age_seconds} s"
            return self._dead(attempt, failure)
        if not self.retry_policy.is_exhausted(attempt.receives):
            raise failure
        return self._dead(attempt, failure) if age is None else self._sent_again(attempt, failure)

    def _dead(self, attempt: SenderAttempt, failure: Failure) -> SenderOutcome:
        attempt.facts["failure"] = failure.members
        self._required(lambda: self.dead_letters.put(attempt.record, [failure], attempt.receives), attempt)
        return SenderOutcome.DEAD

    def _sent_again(self, attempt: SenderAttempt, failure: Transient) -> SenderOutcome:
        """Put the message on the queue as a new one, because this was the last receive of the old one.

        A service that has throttled it each time gets a longer pause.
        """
        seconds = self._seconds_away(failure, attempt.receives)
        if _is_throttled(failure):
            seconds = max(seconds, self.retry_policy.backoff_seconds(failure, attempt.receives))
        seconds = min(seconds, MOST_DELAY_SECONDS)
        self._required(lambda: self.queue.send_again(attempt.record, seconds), attempt)
        attempt.facts |= {"failure": failure.members, "seconds_away": seconds, "sent_again": True}
        return SenderOutcome.RETRY

    def _required(self, call: Callable[[], None], attempt: SenderAttempt) -> None:
        """Make a call without which the message must come back: raise every failure as Transient."""
        try:
            retry_in_process(call, remaining_time=attempt.remaining_time, sleep=self.sleep)
        except Exception as error:  # noqa: BLE001 - every exception becomes a Failure
            raise Transient("transient", as_failure(error).reason) from None

    def _seconds_away(self, failure: Transient, receives: int) -> int:
        """Return how long the message is hidden: as the failure says, or longer with each receive.

        Lambda may have held the message for as long as the visibility timeout of the queue.
        """
        retry_after = failure.retry_after if isinstance(failure, Throttled) else None
        if retry_after is None:
            return self.retry_policy.backoff_seconds(failure, receives)
        most = MOST_HIDDEN_SECONDS - self.retry_policy.visibility_seconds
        return max(1, math.ceil(min(retry_after, most)))

    def _age(self, attempt: SenderAttempt) -> float | None:
        """Return the seconds since the notification was queued or replayed; None if the message does not say.

        The producer never writes a time in the future, with which a throttled message would never become too old.
        """
        if attempt.incoming is None:
            return None
        envelope = attempt.incoming.envelope
        queued_at = (envelope.replay or {}).get("at") or envelope.received_at
        try:
            age = self.wall() - datetime.fromisoformat(str(queued_at)).timestamp()
        except (ValueError, OverflowError):
            return None
        return age if age > -_CLOCKS_DIFFER_SECONDS else None

    def _report(self, attempt: SenderAttempt, outcome: SenderOutcome, started: float) -> None:
        line = {
            "receipt_id": attributes_of(attempt.record).get("receipt_id", ""),
            "receives": attempt.receives,
            **(attempt.incoming.facts if attempt.incoming else {}),
            **attempt.facts,
            "outcome": outcome.value,
            "duration_ms": round((self.monotonic() - started) * 1000, 1),
        }
        self.telemetry.report(line)


def _is_throttled(failure: Failure) -> bool:
    """Return whether a service said so; a wait for a slot is planned."""
    return isinstance(failure, Throttled) and not isinstance(failure, Paced)
