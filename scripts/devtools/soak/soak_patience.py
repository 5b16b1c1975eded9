"""Which failed attempts do not count against the simulated Alma's excuses. Posts nothing, injects nothing.

Alma's hours are seconds in a soak, but faults and their aftermath last as long as they do: ten hours of Alma's outlast
them, thirty seconds may not. So an attempt with a recorded cause is repeated without being counted. What fails without
a cause is counted, however busy the computer is: four such attempts, and the event is given up.
"""

import math
from collections.abc import Callable
from typing import Final

from ingest.profile_secrets import BACK_OFF_SECONDS
from scripts.alma_client.retry_policy import AttemptResult

# After its last fault SSM is not asked for so long, and whatever is signed otherwise gets a 503; and some reserve.
_AFTERMATH_SECONDS: Final = BACK_OFF_SECONDS[-1] + 5.0

# Ingest answers in milliseconds, and with an error at once, unless something keeps it waiting.
_SLOW_SECONDS: Final = 1.0


class ExcusedAttempts:
    """Decides on each failed attempt. `disturbed_at`: clocks' times of the last faults and kills on the way in."""

    def __init__(self, *disturbed_at: Callable[[], float]) -> None:
        self._disturbed_at = disturbed_at
        self.excused = 0

    def is_excused(self, answer: AttemptResult, began: float) -> bool:
        """Whether a cause was recorded for a failed attempt. `began` is of the same clock as the recorded times."""
        disturbed = max((at() for at in self._disturbed_at), default=-math.inf)
        is_slow = answer.status is None or answer.seconds >= _SLOW_SECONDS
        is_excused = is_slow or disturbed >= began - _AFTERMATH_SECONDS
        self.excused += is_excused
        return is_excused
