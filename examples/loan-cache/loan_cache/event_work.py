"""What the event function does with one message of the event queue."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ingest.envelope import EnvelopeError, from_text
from loan_cache import expiry
from loan_cache.entry import Entry, State
from loan_cache.events import entry_of_event
from loan_cache.fill_requests import DELAY_AFTER_EVENT_SECONDS, FillRequest, FillRequests
from loan_cache.order import Wall
from loan_cache.writer import Writer
from processor.alma.events import parse
from processor.codes import code
from processor.errors import Permanent
from processor.retries import RemainingTime, retry_in_process


class EventOutcome(Enum):
    """How the processing of an event ended."""

    APPLIED = "applied"
    SUPERSEDED = "superseded"  # the cache has the same or a newer one
    TOO_OLD = "too-old"
    FORGOTTEN = "forgotten"  # nothing of this patron is stored
    NOBODY = "nobody"  # a request without a patron


@dataclass(frozen=True)
class EventWork:
    """Applies events to the tables. Tests replace `wall` and `sleep`."""

    writer: Writer
    fill_requests: FillRequests
    wall: Wall = time.time
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, body: str, attributes: Mapping[str, str], remaining_time: RemainingTime) -> dict[str, Any]:
        """Apply one event, and return its codes and its outcome. Raise Permanent, Transient."""
        signed = _bytes(body, attributes.get("encoding") or "utf-8")
        event = parse(signed)
        facts = {"action": code(event.action), "event": code(event.event_value)}
        entry = entry_of_event(event, signed)
        if entry is None:
            return facts | {"outcome": EventOutcome.NOBODY.value}
        return facts | retry_in_process(lambda: self._applied(entry), remaining_time=remaining_time, sleep=self.sleep)

    def _applied(self, entry: Entry) -> dict[str, Any]:
        """Store the entry; if it is incomplete, ask for a fill, whether the table took it or has it already."""
        expiry.check_not_ahead(entry.order.time_ms, self.wall())
        if expiry.is_too_old(entry.order.time_ms, self.wall()):
            return {"outcome": EventOutcome.TOO_OLD.value}
        written = self.writer.write(entry.user, [entry])
        if written is None:
            return {"outcome": EventOutcome.FORGOTTEN.value}
        facts: dict[str, Any] = {
            "outcome": (EventOutcome.APPLIED if written[0].is_newest else EventOutcome.SUPERSEDED).value
        }
        if written[0].is_overdue:
            facts["is_overdue"] = True
        if entry.state is State.INCOMPLETE:
            self.fill_requests.send(FillRequest(entry.user), DELAY_AFTER_EVENT_SECONDS)
            facts["is_incomplete"] = True
        return facts


def _bytes(body: str, encoding: str) -> bytes:
    try:
        return from_text(body, encoding)
    except EnvelopeError:
        raise Permanent("not-parsed", "The message's encoding is neither utf-8 nor base64.", field="encoding") from None
