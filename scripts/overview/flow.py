"""Summarize a reconciliation for a picture: where the events accepted in a window are now. Calls no AWS."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from scripts.reconciliation.collect import CollectedReconciliation
from scripts.reconciliation.reconcile import ACCEPTED, COUNTS, MISSING, TimeWindow
from scripts.reconciliation.report import sum_of

_SHOWN: Final = 20


class Flow(NamedTuple):
    """The events accepted in a window, of all profiles: `accepted` is the sum of `outcomes`.

    `outcomes` are in the order of a reconciliation. `partly_delivered` are the dead events that some target has.
    `missing_ids` are receipt ids of missing events, at most 20. `rejected` counts requests by reason.
    """

    window: TimeWindow
    accepted: int
    outcomes: Mapping[str, int]
    partly_delivered: int
    missing_ids: list[str]
    rejected: Mapping[str, int]
    without_accepted: int
    notes: list[str]

    @property
    def missing(self) -> int:
        """The number of events without an outcome that are not in flight either."""
        return self.outcomes[MISSING]


def flow_of(collected: CollectedReconciliation) -> Flow:
    """Return the flow of a reconciliation."""
    found = collected.reconciliation
    counts = sum_of(found.counts)
    return Flow(
        collected.window,
        counts[ACCEPTED],
        {name: counts[name] for name in COUNTS if name != ACCEPTED},
        found.partly_delivered.total(),
        [line.about for line in found.missing[:_SHOWN]],
        dict(sum_of(found.rejected).most_common()),
        found.without_accepted.total(),
        collected.notes,
    )
