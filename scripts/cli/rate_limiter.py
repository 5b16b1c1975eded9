"""A rate limiter."""

import time
from collections.abc import Callable


class Rate:
    """Allows `per_second` calls per second, with bursts of at most one second's worth. The rate can change."""

    def __init__(
        self,
        per_second: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.per_second = per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._next = monotonic()

    @property
    def burst(self) -> int:
        """The largest number of calls at one time."""
        return max(1, int(self.per_second))

    def wait(self, count: int) -> None:
        """Wait until `count` more calls are allowed."""
        if (left := self._next - self._monotonic()) > 0:
            self._sleep(left)
        self._next = max(self._next, self._monotonic()) + count / self.per_second
