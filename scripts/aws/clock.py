"""AWS' time as a command goes on: by the date of one of AWS' answers, and what has passed since. Calls no AWS."""

import time
from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], float]
"""Seconds since 1970."""


def aws_clock(moment: datetime, *, wall: Clock = time.time, monotonic: Callable[[], float] = time.monotonic) -> Clock:
    """A clock that shows AWS' `moment` now: operators' clocks may be wrong, and locks and log lines are compared.

    Of what has passed since, the longer counts: the monotonic clock of a computer that slept may stand still, and the
    wall clock can be put back.
    """
    begun = moment.timestamp()
    wall_begun, monotonic_begun = wall(), monotonic()
    return lambda: begun + max(wall() - wall_begun, monotonic() - monotonic_begun)
