"""Quotas of AWS by the second, as token buckets, with what they rejected."""

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Quota:
    """At most `burst` calls at once, and `per_second` on average. It counts the calls that it rejected."""

    per_second: float
    burst: float
    rejected: int = 0
    first_rejected_at: float = math.inf
    _at: float = 0.0
    _spent: float = 0.0

    def take(self, now: float, count: int = 1) -> int:
        """Return how many of these calls are allowed at this time, in seconds."""
        self._spent = max(0.0, self._spent - (now - self._at) * self.per_second)
        self._at = now
        allowed = min(count, int(self.burst - self._spent + 1e-9))
        self._spent += allowed
        if allowed < count:
            self.rejected += count - allowed
            self.first_rejected_at = min(self.first_rejected_at, now)
        return allowed
