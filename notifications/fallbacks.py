"""Falls back to another integration of the topic if a person has no contact, or wants no text messages."""

from dataclasses import dataclass
from typing import Final

from ingest.envelope import rfc3339
from notifications.errors import Permanent
from notifications.incoming import Incoming
from notifications.notification import Fallback, Notification
from notifications.sender_outcomes import SenderOutcome, SendingResult
from notifications.sender_queue import SenderQueue
from notifications.sending import Sending
from notifications.sending_records import RecordState
from processor.retries import RemainingTime, retry_in_process

_CAUSES: Final = frozenset({"no-contact", "opted-out"})


@dataclass(frozen=True, kw_only=True)
class SendingWithFallback:
    """Sends notifications, or queues their fallbacks. `queue` is the queue of the sender itself.

    A fallback is a notification of its own, with a name and a record of its own. If the worker ends after it has queued
    a fallback, the next attempt queues the same one again, which is a duplicate then.
    """

    sending: Sending
    queue: SenderQueue

    def send(self, incoming: Incoming, remaining_time: RemainingTime) -> SendingResult:
        """Bring a notification to its outcome. Raise as `Sending.send` does."""
        try:
            return self.sending.send(incoming, remaining_time)
        except Permanent as failure:
            fallback = incoming.notification.fallback
            if fallback is None or failure.cause_class not in _CAUSES:
                raise
            facts = {"failure": failure.members}
        seen = self.sending.records.find(incoming.delivery_key)
        if seen.is_done:
            return SendingResult(SenderOutcome.DUPLICATE)
        retry_in_process(
            lambda: self._queue(incoming, fallback), remaining_time=remaining_time, sleep=self.sending.sleep
        )
        self.sending.records.write(seen, RecordState.FELL_BACK)
        return SendingResult(SenderOutcome.FALLBACK, facts=facts)

    def _queue(self, incoming: Incoming, fallback: Fallback) -> None:
        """Queue the fallback in the envelope of the notification: a replay that delivers again replays it too."""
        sent = incoming.notification
        body = Notification(*fallback, sent.identity, sent.topic).encode().encode()
        received_at = rfc3339(self.sending.wall())
        envelope = incoming.envelope._replace(body=body, received_at=received_at, failure=None)
        self.queue.send(envelope.encode(), 0, incoming.record)
