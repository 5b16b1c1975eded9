"""The age limit of events: rejects those older than the records of their deliveries. Off by default.

An event that is sent again after its record has expired would be delivered as a new one. Its time is in the signed
body, so an attacker who replays a recorded request cannot change it.
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
    """The maximum age of an event in days; 0 means no limit. `wall` is the clock, seconds since 1970."""

    days: int = 0
    wall: Callable[[], float] = time.time

    def check(self, event: Event, envelope: Envelope) -> None:
        """Raise Permanent (too-old) for an old event. Replays and events without a readable time pass."""
        if not self.days or envelope.replay is not None:
            return
        happened = _seconds_of(event.time)
        if happened is not None and self.wall() - happened > self.days * _DAY_SECONDS:
            reason = f"the event is more than {self.days} days old, and the records of its deliveries may have expired"
            raise Permanent("too-old", reason, field="time")


def _seconds_of(text: str | None) -> float | None:
    """Return the seconds since 1970 of an ISO 8601 time, by default in UTC; None for any other text."""
    try:
        moment = datetime.fromisoformat(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
