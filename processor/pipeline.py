"""Processes one queued message: envelope → event → routes → deliveries → outcome."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.envelope import Envelope, EnvelopeError, NewerEnvelopeError, Pointer
from ingest.sqs_text import attribute_value
from processor import outcomes
from processor.alma.events import parse
from processor.alma.unknown_members import UnknownMembers
from processor.codes import code
from processor.dead_letters import DeadLetterWriter
from processor.deliveries import Deliveries
from processor.delivery import Delivery, MessageDelivery
from processor.errors import Failure, Permanent, Transient, as_failure
from processor.event_age import AgeLimit
from processor.fair_group import message_group_of
from processor.invocation import attributes_of, process_all, receives_of
from processor.outcomes import Outcome
from processor.overflow_bucket import OverflowBucket
from processor.retries import CallResult, RemainingTime, RetryPolicy, retry_in_process
from processor.routing.router import Router
from processor.targets.target import Sent
from processor.telemetry import Telemetry
from processor.webhook_queue import WebhookQueue

SqsRecord = dict[str, Any]


@dataclass
class _Attempt:
    """One attempt at one message, with the facts for its log line."""

    record: SqsRecord
    remaining_time: RemainingTime
    receipt_id: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)  # in the order of the routes

    @property
    def receives(self) -> int:
        """The receive count of the message, including this receive; 1 if SQS does not say."""
        return receives_of(self.record)


@dataclass(frozen=True, kw_only=True)
class Processor:
    """Processes messages by the routes of one stage. Tests replace `monotonic` and `sleep`."""

    router: Router
    deliveries: Deliveries
    webhooks: WebhookQueue
    dead_letters: DeadLetterWriter
    overflow: OverflowBucket
    retry_policy: RetryPolicy
    telemetry: Telemetry
    age_limit: AgeLimit = AgeLimit()  # noqa: RUF009 -- immutable
    unknown_members: UnknownMembers = field(default_factory=UnknownMembers)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def process_all(self, records: list[SqsRecord], remaining_time: RemainingTime) -> None:
        """Process the records of one invocation independently of each other. Raise the first Transient."""
        process_all(records, lambda record: self.process(record, remaining_time), self.webhooks.acknowledge)

    def process(self, record: SqsRecord, remaining_time: RemainingTime) -> Outcome:
        """Bring one SQS record of a Lambda event to its outcome, and log one line about it.

        `remaining_time` returns the seconds until Lambda ends the invocation. When this returns, the message may be
        acknowledged; a dead letter is on its queue by then. Raise Transient, which quotes nothing of the event, if the
        message must come back.
        """
        attempt = _Attempt(record, remaining_time)
        started = self.monotonic()
        try:
            outcome = self._outcome(attempt)
        except Transient as failure:
            seconds = self.retry_policy.backoff_seconds(failure, attempt.receives)
            attempt.facts["failure"] = failure.members
            attempt.facts["seconds_away"] = seconds if self.webhooks.postpone(record, seconds) else "unchanged"
            self.telemetry.retry(self._line(attempt, started))
            raise
        attempt.facts["outcome"] = outcome.value
        self.telemetry.outcome(self._line(attempt, started))
        return outcome

    def _outcome(self, attempt: _Attempt) -> Outcome:
        """Return the outcome. Raise the first Transient while there are attempts left; then all failures are final."""
        try:
            outcome = self._attempted(attempt)
        except Exception as error:  # noqa: BLE001 - every exception becomes a Failure
            attempt.failures.append(as_failure(error))
        if not attempt.failures:
            return outcome
        if not self.retry_policy.is_exhausted(attempt.receives):
            for failure in attempt.failures:
                if isinstance(failure, Transient):
                    raise failure
        self._put_dead_letter(attempt)
        attempt.facts["failure"] = attempt.failures[0].members
        return Outcome.DEAD

    def _put_dead_letter(self, attempt: _Attempt) -> None:
        def put() -> None:
            self.dead_letters.put(attempt.record, attempt.failures, attempt.receives)

        try:
            self._retried(put, attempt)
        except Exception as error:  # noqa: BLE001 - without a dead letter the message must come back
            raise as_failure(error) from None

    def _retried(self, call: Callable[[], CallResult], attempt: _Attempt) -> CallResult:
        return retry_in_process(call, remaining_time=attempt.remaining_time, sleep=self.sleep)

    def _attempted(self, attempt: _Attempt) -> Outcome:
        attributes = attributes_of(attempt.record)
        attempt.receipt_id = attributes.get("receipt_id", "")
        envelope = self._envelope(attempt, attributes)
        attempt.facts["profile"] = envelope.profile
        event = parse(envelope.body)
        attempt.facts |= {"action": code(event.action), "event": code(event.event_value)}
        if names := self.unknown_members.new_in(event.fields):
            attempt.facts["unknown_members"] = names
        self.age_limit.check(event, envelope)
        plan = self.router.plan(event, envelope)
        attempt.facts["identity"] = plan.identity
        return self._delivered(plan.steps, hashlib.sha256(envelope.body).hexdigest(), attempt)

    def _envelope(self, attempt: _Attempt, attributes: Mapping[str, str]) -> Envelope:
        def read(pointer: Pointer) -> bytes:
            return self._retried(lambda: self.overflow.read(pointer), attempt)

        try:
            return Envelope.decode(attempt.record["body"], attributes, read)
        except NewerEnvelopeError as error:
            raise Transient("envelope", str(error)) from None
        except EnvelopeError as error:
            raise Permanent("envelope", str(error)) from None

    def _delivered(self, steps: list[Delivery | Permanent], body_digest: str, attempt: _Attempt) -> Outcome:
        """Try every delivery, independently of the others. Return the outcome of an event without failures."""
        made: list[Outcome] = []
        for step in steps:
            line: dict[str, Any] = {"route": step.route, "target": attribute_value(step.target)}
            tried = self._tried(step, body_digest, attempt)
            if isinstance(tried, Failure):
                attempt.failures.append(tried)
                attempt.deliveries.append(line | {"failure": tried.members})
            else:
                made.append(tried.outcome)
                attempt.deliveries.append(line | tried.members)
        return outcomes.of_event(made)

    def _tried(self, step: Delivery | Permanent, body_digest: str, attempt: _Attempt) -> Sent | Failure:
        if isinstance(step, Permanent):
            return step
        if isinstance(step, MessageDelivery):
            step = replace(step, fair_group=message_group_of(attempt.record))
        try:
            return self.deliveries.make(step, body_digest, attempt.remaining_time)
        except Exception as error:  # noqa: BLE001 - no failure of one target may affect the others
            return as_failure(error).at(step.route, step.target)

    def _line(self, attempt: _Attempt, started: float) -> dict[str, Any]:
        return {
            "receipt_id": attempt.receipt_id,
            "receives": attempt.receives,
            **attempt.facts,
            "deliveries": attempt.deliveries,
            "duration_ms": round((self.monotonic() - started) * 1000, 1),
        }
