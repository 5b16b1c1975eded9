"""A rate that is kept: so many a second and no more. Sends nothing itself."""

import time
from collections.abc import Callable


class Rate:
    """So many a second, in bursts of a second's worth at most; `monotonic` and `sleep` are the clock."""

    def __init__(
        self,
        per_second: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._next = monotonic()

    @property
    def burst(self) -> int:
        """How many may go at one time."""
        return max(1, int(self._per_second))

    def wait(self, count: int) -> None:
        """Returns when so many more may go."""
        if (left := self._next - self._monotonic()) > 0:
            self._sleep(left)
        self._next = max(self._next, self._monotonic()) + count / self._per_second
