"""Summarizes bursts: the rest of a minute is counted, and one line says how many more there were.

The line is sent by its carrier, a message that the sender puts on its own queue before the first notification is
counted. It comes after the minute has ended.
"""

from collections.abc import Callable
from typing import Final

from ingest.envelope import Envelope, rfc3339
from notifications.bursts import Burst, Bursts
from notifications.errors import Paced
from notifications.incoming import Incoming
from notifications.notification import Notification
from notifications.sender_queue import SenderQueue
from notifications.sending_records import SendingRecord
from processor.retries import CLOCKS_DIFFER_SECONDS

_JSON: Final = "application/json"


def summary_text(count: int) -> str:
    """Return the text of a summary. It needs no escaping in any integration that summarizes."""
    return f"… and {count} more"


class Summaries:
    """The summaries of a stack. `queue` is the queue of the sender itself."""

    def __init__(self, bursts: Bursts, queue: SenderQueue, wall: Callable[[], float]) -> None:
        self._bursts = bursts
        self._queue = queue
        self._wall = wall

    def takes(self, incoming: Incoming, destination: str, seen: SendingRecord) -> bool:
        """Count a new notification in a summary, or return False: then it is to be sent by itself. Raise Transient."""
        burst = self._bursts.current(incoming.notification, destination)
        admission = self._bursts.admit(burst)
        if admission.is_admitted:
            return False
        if not admission.has_carrier:
            self._queue_carrier(incoming, burst)
            self._bursts.carrier_queued(burst)
        return self._bursts.count(burst, seen)

    def close(self, carrier: Notification) -> int:
        """Return the final count for a carrier. Raise Paced before the minute has ended by every clock; Transient."""
        seconds = carrier.summary_due + CLOCKS_DIFFER_SECONDS - self._wall()
        if seconds > 0:
            raise Paced("the minute of the summary has not ended", seconds)
        return self._bursts.close(carrier.identity)

    def _queue_carrier(self, incoming: Incoming, burst: Burst) -> None:
        """Several workers may do this at the same time. All but one of the carriers will be duplicates."""
        now = self._wall()
        carrier = incoming.notification._replace(message="", identity=burst.id, summary_due=burst.due, fallback=None)
        envelope = Envelope(
            body=carrier.encode().encode(),
            receipt_id=incoming.envelope.receipt_id,
            received_at=rfc3339(now),
            profile=incoming.envelope.profile,
            content_type=_JSON,
        )
        seconds = round(burst.due + CLOCKS_DIFFER_SECONDS + 1 - now)
        self._queue.send(envelope.encode(), seconds, incoming.record)
