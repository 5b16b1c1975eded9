"""The outcomes of events: a closed, ranked set."""

from collections.abc import Iterable
from enum import Enum


class Outcome(Enum):
    """The outcome of an event or of a delivery. An attempt that raised has none; it is logged as a retry."""

    IGNORED = "ignored"  # no route matches the event: normal, never an error
    DUPLICATE = "duplicate"  # every delivery was made before
    DELIVERED = "delivered"
    DEAD = "dead"  # failed permanently; its cause is in the dead-letter queue


_RANK = list(Outcome)


def of_event(deliveries: Iterable[Outcome]) -> Outcome:
    """Return the outcome of an event with these deliveries: dead > delivered > duplicate > ignored (no delivery)."""
    return max(deliveries, key=_RANK.index, default=Outcome.IGNORED)
