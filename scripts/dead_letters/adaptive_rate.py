"""A rate that slows down while messages wait on the queue that dead letters are replayed to.

SQS itself returns their number. The CloudWatch metric of the oldest message's age is minutes old, and leaves out
messages that were received three times ("Available CloudWatch metrics for Amazon SQS").
"""

import time
from collections.abc import Callable
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from scripts.cli.plural import plural
from scripts.cli.rate_limiter import Rate

FASTEST: Final = 20.0
SLOWEST: Final = 1.0

# More messages than this wait only on a queue that is behind: a replay sends fewer in five seconds.
MOST_WAITING: Final = 100

_SECONDS_BETWEEN_LOOKS: Final = 5.0


class AdaptiveRate(Rate):
    """Starts at FASTEST calls per second. It halves while the queue is behind, down to one, and doubles afterwards.

    `waiting` returns the number of messages that wait on the queue, or raises botocore's errors: then the rate is
    FASTEST again. `report` gets a line when the rate begins to fall, and one for the first error.
    """

    def __init__(
        self,
        waiting: Callable[[], int],
        report: Callable[[str], None],
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        queue: str = "webhook queue",
    ) -> None:
        super().__init__(FASTEST, monotonic, sleep)
        self._waiting = waiting
        self._report = report
        self._queue = queue
        self._looked_at = monotonic()
        self._has_failed = False

    def wait(self, count: int) -> None:
        """Look at the queue if the last look is some seconds ago, then wait until `count` more calls are allowed."""
        now = self._monotonic()
        if now - self._looked_at >= _SECONDS_BETWEEN_LOOKS:
            self._looked_at = now
            self._adjust()
        super().wait(count)

    def _adjust(self) -> None:
        try:
            waiting = self._waiting()
        except (ClientError, BotoCoreError) as error:
            self.per_second = FASTEST
            if not self._has_failed:
                from processor.retries import code_of  # only now, because it imports much of the AWS SDK

                self._report(
                    f"The number of messages on the {self._queue} could not be read ({code_of(error)}): replaying "
                    f"{FASTEST:.0f} per second anyway."
                )
            self._has_failed = True
            return
        if waiting <= MOST_WAITING:
            self.per_second = min(FASTEST, self.per_second * 2)
            return
        if self.per_second == FASTEST:
            about = plural(waiting, "message waits", "messages wait")
            self._report(
                f"About {about} on the {self._queue}: replaying more slowly, down to {SLOWEST:.0f} per second, until "
                f"{MOST_WAITING} or fewer wait."
            )
        self.per_second = max(SLOWEST, self.per_second / 2)
