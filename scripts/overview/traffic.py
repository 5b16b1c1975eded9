"""Count the log lines of a stack: events by family, deliveries by target, and latency, over the buckets of a window.

Only counters are kept, for a limited number of names, because a template of a route can make names of targets.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeVar

from processor.codes import code
from scripts.aws.logged_event import NOTIFICATION_TARGET, RETRY, logged_deliveries, logged_text
from scripts.overview.buckets import Bucket, Buckets
from scripts.overview.latency import Latencies

OTHER: Final = "other"
UNREADABLE: Final = "unreadable"
"""The family of an event whose body could not be parsed."""

DELIVERY_KINDS: Final = ("delivered", "queued", "duplicate", "retried", "failed")
"""Notifications are queued; a failed attempt at a delivery is retried, or failed if it was the last one."""

_MOST_FAMILIES: Final = 6
_MOST_NAMES: Final = 100
_REQUESTS: Final = ("accepted", "failed")  # rejected ones are quick, and many are not of Alma
_OUTCOME: Final = "outcome"


class Family(NamedTuple):
    """How many events of a family, which is the action of Alma, had an outcome in each bucket."""

    name: str
    counts: list[int]

    @property
    def total(self) -> int:
        """The number of events in all buckets."""
        return sum(self.counts)


class TargetDeliveries(NamedTuple):
    """How many deliveries a route made to a target, by kind; both names are `other` for those beyond the limit."""

    route: str
    target: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """The number of deliveries of all kinds."""
        return sum(self.counts.values())


class Traffic(NamedTuple):
    """What the lines add up to, over the buckets. Families and targets are ordered, the most frequent ones first."""

    buckets: list[Bucket]
    families: list[Family]
    deliveries: list[TargetDeliveries]
    latencies: list[Latencies]


_T = TypeVar("_T", bound=tuple[str, ...])


class TrafficCounter:
    """Counts the lines that a reconciliation reads; `add` is its observer."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets
        self._latencies = [Latencies() for _ in buckets.all]
        self._families: dict[tuple[str], list[int]] = {}
        self._deliveries: dict[tuple[str, str], Counter[str]] = {}
        self._repeated = _RepeatedLines()

    def add(self, at: int, members: Mapping[str, Any]) -> None:
        """Count a line. Ignore lines outside of the window, and values of other types."""
        message, index = str(members.get("message")), self._buckets.index_of(at)
        if index is None or self._repeated.has(at, message, logged_text(members, "receipt_id")):
            return
        if message in _REQUESTS and isinstance(ms := members.get("duration_ms"), (int, float)):
            self._latencies[index].add(ms)
        if message == _OUTCOME:
            family = (code(logged_text(members, "action")) or UNREADABLE,)
            counts = self._families.setdefault(_within(self._families, family, (OTHER,)), [0] * len(self._latencies))
            counts[index] += 1
        if message in {_OUTCOME, RETRY}:
            for delivery in logged_deliveries(members):
                names = logged_text(delivery, "route"), logged_text(delivery, "target")
                names = _within(self._deliveries, names, (OTHER, OTHER))
                self._deliveries.setdefault(names, Counter())[_kind_of(delivery, message)] += 1

    def traffic(self) -> Traffic:
        """Return what was counted so far."""
        families = [Family(name, counts) for (name,), counts in self._families.items()]
        deliveries = [TargetDeliveries(*names, counts) for names, counts in self._deliveries.items()]
        return Traffic(
            self._buckets.all,
            _most_frequent(families),
            sorted(deliveries, key=lambda each: (-each.total, each.route, each.target)),
            self._latencies,
        )


class _RepeatedLines:
    """Finds lines that are repeated at the border of a page. All lines of one millisecond are remembered, no others."""

    def __init__(self) -> None:
        self._at = 0
        self._seen: set[tuple[str, str]] = set()

    def has(self, at: int, message: str, receipt_id: str) -> bool:
        """Return whether the line was seen before, and remember it. A line without a receipt id is never a repeat."""
        if at != self._at:
            self._at, self._seen = at, set()
        is_repeated = bool(receipt_id) and (message, receipt_id) in self._seen
        self._seen.add((message, receipt_id))
        return is_repeated


def _within(known: Mapping[_T, object], names: _T, others: _T) -> _T:
    """Return the names, or `others` if there are too many already."""
    return names if names in known or len(known) < _MOST_NAMES else others


def _most_frequent(families: list[Family]) -> list[Family]:
    """Return the most frequent families, and the sum of the others as the last one."""
    ordered = sorted(families, key=lambda family: (family.name == OTHER, -family.total, family.name))
    shown, rest = ordered[:_MOST_FAMILIES], ordered[_MOST_FAMILIES:]
    if not rest:
        return shown
    return [*shown, Family(OTHER, [sum(counts) for counts in zip(*(family.counts for family in rest), strict=True)])]


def _kind_of(delivery: Mapping[str, Any], message: str) -> str:
    outcome = logged_text(delivery, "outcome")
    if outcome not in {"delivered", "duplicate"}:
        return "retried" if message == RETRY else "failed"
    is_queued = outcome == "delivered" and logged_text(delivery, "target").startswith(NOTIFICATION_TARGET)
    return "queued" if is_queued else outcome
