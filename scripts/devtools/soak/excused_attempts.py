"""Decide which failed attempts do not use up a retry of the simulated Alma.

A soak test shortens Alma's retry delays from hours to seconds, but not the faults and their aftermath. So an attempt
with a recorded cause is repeated without being counted. Attempts that fail without a cause are counted, however busy
the computer is; after four of them the event fails.
"""

import math
from collections.abc import Callable
from typing import Final

from ingest.profile_secrets import BACK_OFF_SECONDS
from scripts.alma_client.retry_policy import AttemptResult

# After a fault of SSM, ingest does not read the secrets for this long and answers 503 to an unknown signature. The 5 s
# are a reserve.
_AFTERMATH_SECONDS: Final = BACK_OFF_SECONDS[-1] + 5.0

# Ingest responds in milliseconds, also with errors, unless something delays it.
_SLOW_SECONDS: Final = 1.0


class ExcusedAttempts:
    """Decides on failed attempts. `disturbed_at` return the times of the last fault and kill of ingest."""

    def __init__(self, *disturbed_at: Callable[[], float]) -> None:
        self._disturbed_at = disturbed_at
        self.excused = 0

    def is_excused(self, answer: AttemptResult, began: float) -> bool:
        """Return whether a failed attempt has a recorded cause. `began` is from the clock of the recorded times."""
        disturbed = max((at() for at in self._disturbed_at), default=-math.inf)
        is_slow = answer.status is None or answer.seconds >= _SLOW_SECONDS
        is_excused = is_slow or disturbed >= began - _AFTERMATH_SECONDS
        self.excused += is_excused
        return is_excused
