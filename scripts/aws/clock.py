"""Keep AWS time during a command: the date of one AWS answer plus the time elapsed since."""

import time
from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], float]
"""Seconds since 1970."""


def aws_clock(moment: datetime, *, wall: Clock = time.time, monotonic: Callable[[], float] = time.monotonic) -> Clock:
    """Return a clock that shows AWS's `moment` now. Operators' clocks may be wrong, and locks compare times.

    The elapsed time is the longer of two: the monotonic clock may stop while a computer sleeps, and the wall clock can
    be set back.
    """
    begun = moment.timestamp()
    wall_begun, monotonic_begun = wall(), monotonic()
    return lambda: begun + max(wall() - wall_begun, monotonic() - monotonic_begun)
