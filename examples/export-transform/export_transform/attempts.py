"""Repeats a call to the destination within an invocation, as long as that may help and there is time."""

from collections.abc import Callable
from typing import Final

from notifications.errors import Throttled, Unconfirmed
from processor.errors import Transient

MAX_ATTEMPTS: Final = 5
LONGEST_PAUSE_SECONDS: Final = 30.0
"""Longer waits are those of the state machine, which cost no computing time."""


def attempt(call: Callable[[], None], has_time: Callable[[float], bool], sleep: Callable[[float], None]) -> bool:
    """Make the call, again after pauses of 1, 2, 4 and 8 seconds or as long as the receiver asks for.

    `has_time` returns whether the call can be repeated after this number of seconds. Return whether an answer was lost,
    so that the call may have had its effect twice. Raise the last failure.
    """
    is_lost = False
    for number in range(MAX_ATTEMPTS - 1):
        try:
            call()
        except Transient as failure:
            pause = asked_seconds(failure, 2.0**number)
            if pause > LONGEST_PAUSE_SECONDS or not has_time(pause):
                raise
            is_lost = is_lost or isinstance(failure, Unconfirmed)
            sleep(pause)
        else:
            return is_lost
    call()
    return is_lost


def asked_seconds(failure: Transient, otherwise: float) -> float:
    """Return the seconds that the receiver asks to wait, if it says so."""
    if isinstance(failure, Throttled) and failure.retry_after is not None:
        return failure.retry_after
    return otherwise
