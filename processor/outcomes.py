"""What became of an event: a closed set, ranked. Says nothing of how it got there."""

from collections.abc import Iterable
from enum import Enum


class Outcome(Enum):
    """One per event, and one per delivery. An attempt that raised has none: it is logged as a retry."""

    IGNORED = "ignored"  # no route wants the event: normal, never an error
    DUPLICATE = "duplicate"  # every delivery had been made before
    DELIVERED = "delivered"
    DEAD = "dead"  # given up, with its cause in the dead-letter queue


_RANK = {outcome: rank for rank, outcome in enumerate(Outcome)}


def of_event(deliveries: Iterable[Outcome]) -> Outcome:
    """The event's outcome from those of its deliveries: dead > delivered > duplicate > ignored (none at all)."""
    return max(deliveries, key=_RANK.__getitem__, default=Outcome.IGNORED)
