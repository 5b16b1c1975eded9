"""The age limit of events: parks what is older, by its own time, than the records of deliveries live. Off by default.

An event that comes again after its record has expired would be acted on as a new one. Its time is in the signed body,
so whoever sends a recorded request again cannot change it.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from ingest.envelope import Envelope
from processor.alma.events import Event
from processor.errors import Permanent

_DAY_SECONDS = 86_400


class AgeLimit(NamedTuple):
    """How many days old an event may be; 0 is no limit. `wall` is the clock, seconds since 1970."""

    days: int = 0
    wall: Callable[[], float] = time.time

    def check(self, event: Event, envelope: Envelope) -> None:
        """Raises Permanent (too-old). A replay passes, and so does an event without a readable time."""
        if not self.days or envelope.replay is not None:
            return
        happened = _seconds_of(event.time)
        if happened is not None and self.wall() - happened > self.days * _DAY_SECONDS:
            reason = f"the event is more than {self.days} days old, and the records of its deliveries may have expired"
            raise Permanent("too-old", reason, field="time")


def _seconds_of(text: str | None) -> float | None:
    """The moment that a time by ISO 8601 means, as UTC where it says nothing else; None for another form."""
    try:
        moment = datetime.fromisoformat(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
