"""Deadlines: how long a request may take before Alma gives up."""

from collections.abc import Callable

MonotonicClock = Callable[[], float]  # seconds from an arbitrary start
WallClock = Callable[[], float]  # seconds since 1970

# For Alma, a response after 5 s is a failure ("Webhooks", Ex Libris Developer Network); the difference is for the way
# back through the gateway.
BUDGET_SECONDS = 4.0

# The gateway gives up after 30 s ("Quotas for HTTP APIs"): an older time comes from a wrong clock or a test event.
_OLDEST_SECONDS = 30.0


class Deadline:
    """A time after which a response is too late."""

    def __init__(self, seconds: float, monotonic: MonotonicClock) -> None:
        self._monotonic = monotonic
        self._ends = monotonic() + seconds

    def remaining(self) -> float:
        """Return the remaining seconds, which are above 0 (0 makes a socket non-blocking). Raise TimeoutError."""
        left = self._ends - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def within(self, seconds: float) -> "Deadline":
        """Return a deadline in `seconds` from now, or this one if it is sooner."""
        return Deadline(min(seconds, self._ends - self._monotonic()), self._monotonic)


def deadline_of(arrived: float | None, *, wall: WallClock, monotonic: MonotonicClock) -> Deadline:
    """Return the deadline of a request that reached the gateway at `arrived` (seconds since 1970; None means now).

    The time since then, which includes a cold start, counts. From now on the monotonic clock is used.
    """
    spent = wall() - arrived if arrived is not None else 0.0
    return Deadline(BUDGET_SECONDS - (spent if 0 <= spent <= _OLDEST_SECONDS else 0.0), monotonic)
