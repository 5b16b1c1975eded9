"""Sends one notification at most once: record → burst → slot → service → record.

A notification that was certainly not accepted leaves a record that allows another attempt. If the answer is lost or the
worker dies, the record remains started, so the next attempt knows that the service may have accepted it.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from notifications.errors import Paced, Permanent, Throttled, Transient, Unconfirmed
from notifications.incoming import Incoming
from notifications.integrations.integration import Accepted, Connections, Outgoing
from notifications.pacing import Pacing
from notifications.people import People
from notifications.prepared import Integrations, Prepared, prepared
from notifications.secret_values import SecretValues
from notifications.sender_outcomes import SenderOutcome, SendingResult
from notifications.sending_records import RecordState, SendingRecord, SendingRecords, another_attempt
from notifications.summaries import Summaries, summary_text
from processor.errors import Failure, as_failure
from processor.retries import CLOCKS_DIFFER_SECONDS, RemainingTime, retry_in_process

# A notification whose slot is later than this waits on the queue, and comes back a little before its slot.
LONGEST_WAIT_SECONDS = 5.0
_EARLY_SECONDS = 2.0

# One attempt takes at most this long: asking the service (SES and SNS have the longest limits, twelve seconds), and
# recording its answer. With less time left, nothing is sent.
SENDING_SECONDS = 16.0

# Writing the record that the notification is being sent.
_RECORD_SECONDS = 1.0

_MAY_BE_ACCEPTED = "the service may have accepted it, and this integration sends nothing twice"


@dataclass(frozen=True)
class Turn:
    """One attempt at one notification."""

    incoming: Incoming
    prepared: Prepared
    seen: SendingRecord
    remaining_time: RemainingTime


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Sends notifications through the integrations of a table. Tests replace `wall` and `sleep`."""

    integrations: Integrations
    connections: Connections
    secrets: SecretValues
    people: People
    records: SendingRecords
    pacing: Pacing
    summaries: Summaries
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def send(self, incoming: Incoming, remaining_time: RemainingTime) -> SendingResult:
        """Bring a notification to its outcome. Raise Permanent, Transient, Throttled, Unconfirmed, InProgress."""
        ready = prepared(incoming.notification, self.integrations)
        seen = self.records.find(incoming.delivery_key)
        if seen.is_done:
            return SendingResult(SenderOutcome.DUPLICATE)
        turn = Turn(incoming, ready, seen, remaining_time)
        if incoming.notification.summary_due:
            return self._summary(turn)
        turn = self._checked(turn)
        if seen.state is RecordState.NEW and ready.integration.summarizes and self._is_summarized(turn):
            return SendingResult(SenderOutcome.SUMMARIZED)
        return self._sent(turn, incoming.notification.message)

    def _checked(self, turn: Turn) -> Turn:
        """Check that no earlier attempt forbids this one, and that the secrets can be read. Look up the person."""
        if turn.seen.state is RecordState.STARTED:
            if turn.seen.until > self.wall():
                raise another_attempt()
            if not turn.prepared.retries_unconfirmed:
                reason = f"an earlier attempt ended without an answer: {_MAY_BE_ACCEPTED}; replay it with --redeliver"
                raise Permanent("unknown", reason)
        for reference in turn.prepared.secrets:
            self.secrets.value(reference)
        return replace(turn, prepared=self.people.addressed(turn.prepared))

    def _is_summarized(self, turn: Turn) -> bool:
        def take() -> bool:
            return self.summaries.takes(turn.incoming, turn.prepared.destination, turn.seen)

        return retry_in_process(take, remaining_time=turn.remaining_time, sleep=self.sleep)

    def _summary(self, turn: Turn) -> SendingResult:
        """Send the summary of a carrier. Its failures have the count, because nothing else in a dead letter does."""
        count = self.summaries.close(turn.incoming.notification)
        if not count:  # the worker that queued the carrier ended before it counted anything
            return SendingResult(SenderOutcome.DUPLICATE)
        try:
            return self._sent(self._checked(turn), summary_text(count))._replace(events=count)
        except Failure as failure:
            failure.reason = f"{clause(failure)} (the summary of {count} more notifications)"
            raise

    def _sent(self, turn: Turn, text: str) -> SendingResult:
        """Send in the notification's turn, and record how it ended."""
        record, slot = self._started(turn)
        try:
            self._wait_for(slot)
            _check_enough(turn.remaining_time)
            accepted = self._asked(turn, text)
        except Unconfirmed as failure:
            with suppress(Transient):  # the record expires by itself when the function's time is over
                self.records.write(record, RecordState.STARTED)
            if turn.prepared.retries_unconfirmed:
                raise
            raise Permanent("unknown", f"{clause(failure)}: {_MAY_BE_ACCEPTED}") from None
        except Failure as failure:
            self._not_accepted(turn, record, failure)
            raise
        is_recorded = self._recorded(turn, record)
        return SendingResult(SenderOutcome.ACCEPTED, accepted.reference, is_recorded=is_recorded, facts=accepted.facts)

    def _started(self, turn: Turn) -> tuple[SendingRecord, float]:
        """Record that the notification is being sent, and return the time to do so, or 0. Raise Paced, Transient."""
        _check_enough(turn.remaining_time)
        slot, now = self._slot(turn), self.wall()
        left = turn.remaining_time()
        if slot - now > min(LONGEST_WAIT_SECONDS, left - SENDING_SECONDS - _RECORD_SECONDS):
            self.records.write(turn.seen, RecordState.WAITING, slot=slot)
            raise Paced("the destination takes this notification later", slot - now - _EARLY_SECONDS)
        until = now + left + CLOCKS_DIFFER_SECONDS
        return self.records.write(turn.seen, RecordState.STARTED, until=until), slot

    def _slot(self, turn: Turn) -> float:
        """Return the time that is reserved at the destination, or 0 if it needs none."""
        destination, seconds_between = turn.prepared.destination, turn.prepared.integration.seconds_between
        if not seconds_between:
            return 0.0
        if self.pacing.is_valid(destination, turn.seen.slot):
            return turn.seen.slot
        return self.pacing.reserve(destination, seconds_between)

    def _wait_for(self, slot: float) -> None:
        if not slot:
            return
        seconds = slot - self.wall()
        if seconds < 0:  # writing the record took long, and the next slot may be another worker's
            raise Paced("the slot at the destination has passed", 1.0)
        self.sleep(seconds)

    def _asked(self, turn: Turn, text: str) -> Accepted:
        """Ask the service. An exception that is not a decision says nothing about whether it accepted."""
        outgoing = Outgoing(text, turn.incoming.notification.message_id)
        try:
            return turn.prepared.integration.send(outgoing, turn.prepared.configuration, self.connections)
        except Failure:
            raise
        except Exception as error:  # noqa: BLE001 - every exception becomes a Failure
            raise Unconfirmed(as_failure(error).reason) from None

    def _not_accepted(self, turn: Turn, record: SendingRecord, failure: Failure) -> None:
        """Allow another attempt. If that fails, the record expires by itself, and the outcome counts as unknown."""
        with suppress(Transient):
            self.records.write(record, RecordState.WAITING)
        if isinstance(failure, Permanent):
            self.secrets.refused(turn.prepared.secrets)
        elif isinstance(failure, Throttled) and not isinstance(failure, Paced):
            self._pause(turn.prepared, failure.retry_after)

    def _pause(self, ready: Prepared, seconds: float | None) -> None:
        """Hold what else goes to a destination that accepts no more. If that fails, it says so to the others too."""
        if seconds and ready.integration.seconds_between:
            with suppress(Transient):
                self.pacing.pause(ready.destination, seconds)

    def _recorded(self, turn: Turn, record: SendingRecord) -> bool:
        """Record the acceptance. If that fails, the message is acknowledged all the same: it must not be sent again."""
        accepted = self.records.next(record, RecordState.ACCEPTED)
        try:
            retry_in_process(
                lambda: self.records.replace(record, accepted), remaining_time=turn.remaining_time, sleep=self.sleep
            )
        except Transient:
            return False
        return True


def clause(failure: Failure) -> str:
    """Return a reason that can be continued, because some are sentences."""
    return failure.reason.removesuffix(".")


def _check_enough(remaining_time: RemainingTime) -> None:
    if remaining_time() < SENDING_SECONDS:
        raise Transient("transient", "the function had too little time left to send the notification")
