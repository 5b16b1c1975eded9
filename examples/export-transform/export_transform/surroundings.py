"""What both steps depend on besides their ports."""

from collections.abc import Callable
from typing import NamedTuple

from export_transform.limits import Limits


class Surroundings(NamedTuple):
    """The limits of reading, the seconds left of the invocation, and the time in seconds since 1970."""

    limits: Limits
    remaining: Callable[[], float]
    wall: Callable[[], float]
