"""Join accepted events with their outcomes by receipt id. Does not call AWS or read a clock.

accepted = delivered + ignored + duplicate + dead + discarded + in flight + missing. All times are milliseconds since
1970, as in CloudWatch Logs.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from processor.outcomes import Outcome

DISCARDED: Final = "discarded"
TERMINAL: Final = (*(outcome.value for outcome in reversed(Outcome)), DISCARDED)
IN_FLIGHT: Final = "in_flight"
MISSING: Final = "missing"
COUNTS: Final = ("accepted", "delivered", "ignored", "duplicate", "dead", DISCARDED, IN_FLIGHT, MISSING)

# Why an event without an outcome counts as in flight.
YOUNG: Final = "young"
RETRY: Final = "retry"
QUEUED: Final = "queued"


class AcceptedLine(NamedTuple):
    """A line of ingest about a request that it accepted (200)."""

    at: int
    receipt_id: str
    profile: str


class RejectedLine(NamedTuple):
    """A line of ingest about a request that it rejected."""

    at: int
    reason: str
    profile: str


class OutcomeLine(NamedTuple):
    """A line with the outcome of an event, one of TERMINAL."""

    at: int
    receipt_id: str
    outcome: str
    profile: str


class RetryLine(NamedTuple):
    """A line of the processor about a failed attempt that it will retry."""

    at: int
    receipt_id: str


ReconciliationLine = AcceptedLine | RejectedLine | OutcomeLine | RetryLine


class TimeWindow(NamedTuple):
    """The time in which the reconciled requests were accepted: since (inclusive), until (exclusive)."""

    since: int
    until: int

    def holds(self, at: int) -> bool:
        """Return whether a time is in the window."""
        return self.since <= at < self.until


class OutcomeDeadline(NamedTuple):
    """How long an event without an outcome counts as in flight, at the time `now`. Durations are in milliseconds."""

    now: int
    queued: int  # approximate number of messages on the webhook queue
    queue_keeps: int  # retention of the queue: events accepted earlier are no longer on it
    longest_away: int  # from the line of a retry until its message is visible again
    grace: int  # for an attempt to end and for its lines to reach the log


@dataclass
class Reconciliation:
    """The result. Counters are keyed by (profile, name); the profile `-` is unknown."""

    counts: "Counter[tuple[str, str]]" = field(default_factory=Counter)
    in_flight_by: "Counter[tuple[str, str]]" = field(default_factory=Counter)
    rejected: "Counter[tuple[str, str]]" = field(default_factory=Counter)
    without_accepted: "Counter[tuple[str, str]]" = field(default_factory=Counter)
    missing: list[AcceptedLine] = field(default_factory=list)

    def of(self, profile: str) -> "Reconciliation":
        """Return the reconciliation of one profile."""
        parts = [
            Counter({key: count for key, count in counter.items() if key[0] == profile})
            for counter in (self.counts, self.in_flight_by, self.rejected, self.without_accepted)
        ]
        counts, in_flight_by, rejected, without_accepted = parts
        missing = [line for line in self.missing if line.profile == profile]
        return Reconciliation(counts, in_flight_by, rejected, without_accepted, missing)


def reconciliation_of(
    lines: Iterable[ReconciliationLine], window: TimeWindow, deadline: OutcomeDeadline
) -> Reconciliation:
    """Reconcile the requests accepted in the window. `lines` may be in any order and contain duplicates.

    They must include outcomes from one grace period before the window until now, because clocks differ and processing
    takes time. The last outcome of an event counts.
    """
    reconciliation = Reconciliation()
    accepted: dict[str, AcceptedLine] = {}
    ended: dict[str, OutcomeLine] = {}
    retried: dict[str, int] = {}
    for line in lines:
        match line:
            case AcceptedLine():
                accepted.setdefault(line.receipt_id, line)
            case OutcomeLine():
                ended[line.receipt_id] = max(line, ended.get(line.receipt_id, line), key=lambda ended: ended.at)
            case RetryLine():
                retried[line.receipt_id] = max(line.at, retried.get(line.receipt_id, 0))
            case RejectedLine() if window.holds(line.at):
                reconciliation.rejected[line.profile, line.reason] += 1
    _count_ended(reconciliation, accepted, ended, window)
    _count_without_accepted(reconciliation, accepted, ended, window, deadline)
    unended = [line for line in accepted.values() if window.holds(line.at) and line.receipt_id not in ended]
    _judge(reconciliation, sorted(unended, reverse=True), retried, deadline)
    return reconciliation


def _count_ended(
    reconciliation: Reconciliation, accepted: dict[str, AcceptedLine], ended: dict[str, OutcomeLine], window: TimeWindow
) -> None:
    for line in accepted.values():
        if window.holds(line.at):
            reconciliation.counts[line.profile, "accepted"] += 1
            if end := ended.get(line.receipt_id):
                reconciliation.counts[line.profile, end.outcome] += 1


def _count_without_accepted(
    reconciliation: Reconciliation,
    accepted: dict[str, AcceptedLine],
    ended: dict[str, OutcomeLine],
    window: TimeWindow,
    deadline: OutcomeDeadline,
) -> None:
    """Count outcomes without an accepted line, except recent ones, whose accepted line may be late."""
    for line in ended.values():
        is_late = line.at > deadline.now - deadline.grace
        if line.receipt_id not in accepted and window.holds(line.at) and not is_late:
            reconciliation.without_accepted[line.profile, line.outcome] += 1


def _judge(
    reconciliation: Reconciliation, unended: list[AcceptedLine], retried: dict[str, int], deadline: OutcomeDeadline
) -> None:
    """Count events without an outcome as in flight or missing.

    They come youngest first: the queue reports only how many events it holds, so the youngest count as queued.
    """
    unexplained: list[AcceptedLine] = []
    away = 0
    for line in unended:
        is_away = retried.get(line.receipt_id, 0) > deadline.now - deadline.longest_away - deadline.grace
        away += is_away
        if is_away or line.at > deadline.now - deadline.grace:
            _put_in_flight(reconciliation, line.profile, RETRY if is_away else YOUNG)
        else:
            unexplained.append(line)
    room = max(0, deadline.queued - away)
    for line in unexplained:
        if room and line.at > deadline.now - deadline.queue_keeps:
            room -= 1
            _put_in_flight(reconciliation, line.profile, QUEUED)
        else:
            reconciliation.counts[line.profile, MISSING] += 1
            reconciliation.missing.append(line)
    reconciliation.missing.reverse()


def _put_in_flight(reconciliation: Reconciliation, profile: str, because: str) -> None:
    reconciliation.counts[profile, IN_FLIGHT] += 1
    reconciliation.in_flight_by[profile, because] += 1
