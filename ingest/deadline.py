"""How long a request may take: what is left of Alma's patience. Waits for nothing, interrupts nothing."""

from collections.abc import Callable

MonotonicClock = Callable[[], float]  # seconds from an arbitrary start
WallClock = Callable[[], float]  # seconds since 1970

# Alma takes an answer after 5 s for a failure ("Webhooks", Ex Libris Developer Network); the rest is for the way back
# through the gateway.
BUDGET_SECONDS = 4.0

# The gateway itself gives up after 30 s ("Quotas for HTTP APIs"): an older time is a clock gone wrong, or a test event.
_OLDEST_SECONDS = 30.0


class Deadline:
    """A moment after which an answer is of no use any more."""

    def __init__(self, seconds: float, monotonic: MonotonicClock) -> None:
        self._monotonic = monotonic
        self._ends = monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, above zero: a socket would take zero for "do not wait". Raises TimeoutError."""
        left = self._ends - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def within(self, seconds: float) -> "Deadline":
        """A deadline that many seconds from now, or this one if it is sooner."""
        return Deadline(min(seconds, self._ends - self._monotonic()), self._monotonic)


def deadline_of(arrived: float | None, *, wall: WallClock, monotonic: MonotonicClock) -> Deadline:
    """The deadline of a request that reached the gateway at `arrived` (seconds since 1970; None: now).

    Counted from the gateway, not from here: a cold start comes in between. From then on the monotonic clock counts.
    """
    spent = wall() - arrived if arrived is not None else 0.0
    return Deadline(BUDGET_SECONDS - (spent if 0 <= spent <= _OLDEST_SECONDS else 0.0), monotonic)
