"""Count how long requests took, in memory that does not grow with their number."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

ALMA_LIMIT_MS: Final = 5000.0
"""Alma counts a slower answer as an error and sends the request again ("Webhooks", Ex Libris Developer Network)."""

_EXACT_BELOW_MS: Final = 10


@dataclass
class Latencies:
    """Durations in milliseconds. Percentiles are rounded up to two digits; the maximum and the counts are exact."""

    rounded: "Counter[int]" = field(default_factory=Counter)
    max_ms: float = 0.0
    over_limit: int = 0

    def add(self, ms: float) -> None:
        """Count a duration. Ignore a negative one, which no request has, and one that is not a number."""
        if not 0 <= ms < float("inf"):
            return
        self.rounded[_two_digits(ms)] += 1
        self.max_ms = max(self.max_ms, ms)
        self.over_limit += ms > ALMA_LIMIT_MS

    @property
    def count(self) -> int:
        """How many durations were counted."""
        return self.rounded.total()

    def percentile(self, percent: int) -> float | None:
        """Return the duration that this percentage of the requests did not exceed; None without requests."""
        rank = -(-self.count * percent // 100)
        for ms in sorted(self.rounded):
            rank -= self.rounded[ms]
            if rank <= 0:
                return min(float(ms), self.max_ms)
        return None

    def merged(self, other: "Latencies") -> "Latencies":
        """Return the durations of both."""
        over_limit = self.over_limit + other.over_limit
        return Latencies(self.rounded + other.rounded, max(self.max_ms, other.max_ms), over_limit)


def _two_digits(ms: float) -> int:
    """Return the duration, rounded up to two digits: about 500 different values up to a day."""
    unit = 1
    while ms > _EXACT_BELOW_MS * 10 * unit:
        unit *= 10
    return -int(-ms // unit) * unit
