"""Join accepted events with their outcomes by receipt id. Makes no call to AWS and asks no clock.

accepted = delivered + ignored + duplicate + dead + discarded + in flight + missing. All times are milliseconds since
1970, as CloudWatch Logs has them.
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

# What an event that has no outcome yet may be waiting for.
YOUNG: Final = "young"
RETRY: Final = "retry"
QUEUED: Final = "queued"


class Accepted(NamedTuple):
    """Ingest's line on a request that it answered with 200."""

    at: int
    receipt_id: str
    profile: str


class Rejected(NamedTuple):
    """Ingest's line on a request that it rejected."""

    at: int
    reason: str
    profile: str


class Ended(NamedTuple):
    """A line that says what became of an event; `outcome` is one of TERMINAL."""

    at: int
    receipt_id: str
    outcome: str
    profile: str


class Retried(NamedTuple):
    """The processor's line on an attempt that failed and will be made again."""

    at: int
    receipt_id: str


Line = Accepted | Rejected | Ended | Retried


class Window(NamedTuple):
    """From when on, and until before when, requests were accepted that are reconciled."""

    since: int
    until: int

    def holds(self, at: int) -> bool:
        """Whether something of that time is in it."""
        return self.since <= at < self.until


class Patience(NamedTuple):
    """What is known at the moment `now` about events that have no outcome yet. Durations are milliseconds too."""

    now: int
    queued: int  # messages on the webhook queue, about, by SQS
    queue_keeps: int  # what was accepted longer ago is not on it any more
    longest_away: int  # from a retry's line until its message is visible again
    grace: int  # for an attempt, and for lines to reach the log


@dataclass
class Reconciliation:
    """The join's result. Counters are by profile and name; `-` stands for a profile that no line tells."""

    counts: "Counter[tuple[str, str]]" = field(default_factory=Counter)
    in_flight_by: "Counter[tuple[str, str]]" = field(default_factory=Counter)
    rejected: "Counter[tuple[str, str]]" = field(default_factory=Counter)
    without_accepted: "Counter[tuple[str, str]]" = field(default_factory=Counter)
    missing: list[Accepted] = field(default_factory=list)

    def of(self, profile: str) -> "Reconciliation":
        """The part of one profile."""
        parts = [
            Counter({key: count for key, count in counter.items() if key[0] == profile})
            for counter in (self.counts, self.in_flight_by, self.rejected, self.without_accepted)
        ]
        counts, in_flight_by, rejected, without_accepted = parts
        missing = [line for line in self.missing if line.profile == profile]
        return Reconciliation(counts, in_flight_by, rejected, without_accepted, missing)


def reconciliation_of(lines: Iterable[Line], window: Window, patience: Patience) -> Reconciliation:
    """Reconciliation the requests accepted in the window. The lines come in any order, and more than once.

    Outcome lines are wanted from the grace before the window until now: clocks differ, and events take their time. The
    last outcome of an event counts.
    """
    reconciliation = Reconciliation()
    accepted: dict[str, Accepted] = {}
    ended: dict[str, Ended] = {}
    retried: dict[str, int] = {}
    for line in lines:
        match line:
            case Accepted():
                accepted.setdefault(line.receipt_id, line)
            case Ended():
                ended[line.receipt_id] = max(line, ended.get(line.receipt_id, line), key=lambda ended: ended.at)
            case Retried():
                retried[line.receipt_id] = max(line.at, retried.get(line.receipt_id, 0))
            case Rejected() if window.holds(line.at):
                reconciliation.rejected[line.profile, line.reason] += 1
    _count_ended(reconciliation, accepted, ended, window)
    _count_strangers(reconciliation, accepted, ended, window, patience)
    unended = [line for line in accepted.values() if window.holds(line.at) and line.receipt_id not in ended]
    _judge(reconciliation, sorted(unended, reverse=True), retried, patience)
    return reconciliation


def _count_ended(
    reconciliation: Reconciliation, accepted: dict[str, Accepted], ended: dict[str, Ended], window: Window
) -> None:
    for line in accepted.values():
        if window.holds(line.at):
            reconciliation.counts[line.profile, "accepted"] += 1
            if end := ended.get(line.receipt_id):
                reconciliation.counts[line.profile, end.outcome] += 1


def _count_strangers(
    reconciliation: Reconciliation,
    accepted: dict[str, Accepted],
    ended: dict[str, Ended],
    window: Window,
    patience: Patience,
) -> None:
    """Outcomes without an accepted line; not the latest ones, whose accepted line may be late."""
    for line in ended.values():
        is_late = line.at > patience.now - patience.grace
        if line.receipt_id not in accepted and window.holds(line.at) and not is_late:
            reconciliation.without_accepted[line.profile, line.outcome] += 1


def _judge(
    reconciliation: Reconciliation, unended: list[Accepted], retried: dict[str, int], patience: Patience
) -> None:
    """In flight or missing; the youngest come first, for of those the queue holds it does not tell which."""
    unexplained: list[Accepted] = []
    away = 0
    for line in unended:
        is_away = retried.get(line.receipt_id, 0) > patience.now - patience.longest_away - patience.grace
        away += is_away
        if is_away or line.at > patience.now - patience.grace:
            _put_in_flight(reconciliation, line.profile, RETRY if is_away else YOUNG)
        else:
            unexplained.append(line)
    room = max(0, patience.queued - away)
    for line in unexplained:
        if room and line.at > patience.now - patience.queue_keeps:
            room -= 1
            _put_in_flight(reconciliation, line.profile, QUEUED)
        else:
            reconciliation.counts[line.profile, MISSING] += 1
            reconciliation.missing.append(line)
    reconciliation.missing.reverse()


def _put_in_flight(reconciliation: Reconciliation, profile: str, because: str) -> None:
    reconciliation.counts[profile, IN_FLIGHT] += 1
    reconciliation.in_flight_by[profile, because] += 1
