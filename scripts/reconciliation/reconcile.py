"""Join accepted events with their outcomes, or queued notifications with theirs. Does not call AWS or read a clock.

accepted = delivered + ignored + duplicate + dead + discarded + in flight + missing. All times are milliseconds since
1970, as in CloudWatch Logs.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from processor.outcomes import Outcome

ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
DISCARDED: Final = "discarded"
TERMINAL: Final = (*(outcome.value for outcome in reversed(Outcome)), DISCARDED)
IN_FLIGHT: Final = "in_flight"
MISSING: Final = "missing"
COUNTS: Final = (ACCEPTED, "delivered", "ignored", "duplicate", "dead", DISCARDED, IN_FLIGHT, MISSING)


class LineKinds(NamedTuple):
    """The kind of the line with which something begins, and those with which it ends."""

    begin: str
    terminal: tuple[str, ...]


EVENT_KINDS: Final = LineKinds(ACCEPTED, TERMINAL)

# Why an event without an outcome counts as in flight.
YOUNG: Final = "young"
RETRY: Final = "retry"
QUEUED: Final = "queued"


class ReconciliationLine(NamedTuple):
    """A log line about a request: the begin (ACCEPTED), REJECTED, RETRY (a failed attempt), or the outcome (TERMINAL).

    `about` is the receipt id of the event, or why the request was rejected. `is_partly_delivered`: it is dead, but some
    targets have it.
    """

    at: int
    kind: str
    about: str
    profile: str
    is_partly_delivered: bool = False


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
    missing: list[ReconciliationLine] = field(default_factory=list)
    partly_delivered: "Counter[tuple[str, str]]" = field(default_factory=Counter)

    def of(self, profile: str) -> "Reconciliation":
        """Return the reconciliation of one profile."""
        counters = {
            name: Counter({key: count for key, count in counter.items() if key[0] == profile})
            for name, counter in vars(self).items()
            if name != "missing"
        }
        return Reconciliation(**counters, missing=[line for line in self.missing if line.profile == profile])


def reconciliation_of(
    lines: Iterable[ReconciliationLine], window: TimeWindow, deadline: OutcomeDeadline, kinds: LineKinds = EVENT_KINDS
) -> Reconciliation:
    """Reconcile the requests accepted in the window. `lines` may be in any order and contain duplicates.

    They must include outcomes from one grace period before the window until now, because clocks differ and processing
    takes time. The last outcome of an event counts.
    """
    reconciliation = Reconciliation()
    accepted, ended, retried = dict[str, ReconciliationLine](), dict[str, ReconciliationLine](), dict[str, int]()
    for line in lines:
        if line.kind == kinds.begin:
            accepted.setdefault(line.about, line)
        elif line.kind == RETRY:
            retried[line.about] = max(line.at, retried.get(line.about, 0))
        elif line.kind in kinds.terminal:
            ended[line.about] = max(line, ended.get(line.about, line), key=lambda ended: ended.at)
        elif window.holds(line.at):
            reconciliation.rejected[line.profile, line.about] += 1
    in_window = [line for line in accepted.values() if window.holds(line.at)]
    _count_ended(reconciliation, in_window, ended)
    strangers = [line for line in ended.values() if line.about not in accepted and window.holds(line.at)]
    for line in strangers:
        if line.at <= deadline.now - deadline.grace:  # the accepted line of a recent one may be late
            reconciliation.without_accepted[line.profile, line.kind] += 1
    unended = [line for line in in_window if line.about not in ended]
    _judge(reconciliation, sorted(unended, reverse=True), retried, deadline)
    return reconciliation


def _count_ended(
    reconciliation: Reconciliation, accepted: list[ReconciliationLine], ended: dict[str, ReconciliationLine]
) -> None:
    for line in accepted:
        reconciliation.counts[line.profile, line.kind] += 1
        if end := ended.get(line.about):
            reconciliation.counts[line.profile, end.kind] += 1
            reconciliation.partly_delivered[line.profile, end.kind] += end.is_partly_delivered


def _judge(
    reconciliation: Reconciliation,
    unended: list[ReconciliationLine],
    retried: dict[str, int],
    deadline: OutcomeDeadline,
) -> None:
    """Count events without an outcome as in flight or missing.

    They come youngest first: the queue reports only how many events it holds, so the youngest count as queued.
    """
    unexplained: list[ReconciliationLine] = []
    away = 0
    for line in unended:
        is_away = retried.get(line.about, 0) > deadline.now - deadline.longest_away - deadline.grace
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
