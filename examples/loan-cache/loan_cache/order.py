"""The total order of everything that is known about a loan or a request.

SQS and SNS promise no order and deliver some messages twice, and events of Alma can share a millisecond. So each event
has an order value that depends on the event alone, and a table keeps the greatest: all orders of arrival end the same.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

from processor.errors import Permanent

# The seconds since 1970 by the clock of the function; tests replace it.
Wall = Callable[[], float]

# A fill is older than the events of the last minute: the API of Alma may answer from before an event, and the clocks of
# Alma and of AWS differ.
FILL_MARGIN_MS: Final = 60_000

_RANKS: Final = 10  # room for ranks in the stored number

# "2026-05-12T09:14:06.031Z": what Alma sends, and the other forms of RFC 3339, with or without a fraction. ISO 8601
# allows an offset without a colon.
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(?P<offset>Z|[+-]\d\d:?\d\d)?", re.ASCII)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Rank(IntEnum):
    """What counts more among events of the same millisecond."""

    FILL = 0  # not an event: an answer of Alma's API, which every event of the same time replaces
    CREATED = 1
    CHANGED = 5
    FINAL = 9  # returned, canceled, closed: nothing of the same time brings it back


class OrderValue(NamedTuple):
    """The place of an event in the order: milliseconds since 1970 (UTC), rank, SHA-256 of the body in hex.

    The digest has no meaning. It decides between two events of one time and rank, everywhere in the same way.
    """

    time_ms: int
    rank: Rank
    digest: str

    @property
    def number(self) -> int:
        """Time and rank as one number, which DynamoDB compares; the digest is compared as text."""
        return self.time_ms * _RANKS + self.rank

    @classmethod
    def stored(cls, number: int, digest: str) -> "OrderValue":
        """Return the order value of a stored number and digest."""
        time_ms, rank = divmod(number, _RANKS)
        return cls(time_ms, Rank(rank), digest)


def order_of_event(time: str | None, rank: Rank, body: bytes) -> OrderValue:
    """Return the order value of an event with this time and body. Raise Permanent (not-parsed)."""
    return OrderValue(milliseconds_of(time), rank, hashlib.sha256(body).hexdigest())


def order_of_fill(started_ms: int) -> OrderValue:
    """Return the order value of what Alma's API answers to requests after this time (milliseconds since 1970)."""
    return OrderValue(started_ms - FILL_MARGIN_MS, Rank.FILL, "")


def milliseconds_of(time: str | None) -> int:
    """Return the milliseconds since 1970 of an event's time. Raise Permanent (not-parsed).

    A time without an offset is rejected: a guess would be wrong by hours, and a renewal could undo a return.
    """
    found = _TIME.fullmatch(time or "")
    if not found:
        raise Permanent("not-parsed", "The event's time is missing or is not an RFC 3339 time.", field="time")
    if not found["offset"]:
        raise Permanent("not-parsed", "The event's time has no offset from UTC.", field="time")
    try:
        return (datetime.fromisoformat(found[0]) - _EPOCH) // timedelta(milliseconds=1)
    except ValueError:
        raise Permanent("not-parsed", "The event's time does not exist in the calendar.", field="time") from None
