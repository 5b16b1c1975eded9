"""The options and the result of a replay."""

import math
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters.dead_letter import DeadLetter

_RATES: Final = (0.1, 1000.0)


def rate_of(name: str, text: str, sleep: Callable[[float], None] = time.sleep) -> Rate | None:
    """Return a fixed rate, or None for `auto`. Raise ConfigurationError, which calls the value by its `name`."""
    if text == "auto":
        return None
    slowest, fastest = _RATES
    try:
        per_second = float(text)
    except ValueError:
        per_second = math.nan
    if not slowest <= per_second <= fastest:
        raise ConfigurationError(
            f"{name} is {text!r}; it must be auto or a number of dead letters per second from {slowest} to {fastest:g}."
        )
    return Rate(per_second, sleep=sleep)


def _ignore(_: object) -> None:
    pass


class ReplayOptions(NamedTuple):
    """Options of a replay.

    Without a `rate` it follows the webhook queue, and `report` gets a line when it slows down. `deferred` is entered
    around code that must not be interrupted; `message` is audited; `on_sent` is called with each dead letter whose
    event was sent.
    """

    rate: Rate | None = None
    redeliver: bool = False
    ignore_replay_limit: bool = False
    deferred: Callable[[], AbstractContextManager[None]] = nullcontext
    message: str = "replayed"
    on_sent: Callable[[DeadLetter], None] = _ignore
    report: Callable[[str], None] = _ignore


@dataclass
class ReplayResult:
    """The result of a replay so far, counted in dead letters, but `sent` and `send_failed` in messages.

    It `has_begun` once the lock is held, and `is_whole` once every dead letter was seen. `copies` are further dead
    letters of an event that was already sent. `came_back` are dead letters that this replay, or an earlier one that was
    killed, sent and that failed again.
    """

    chosen: int = 0
    sent: int = 0
    send_failed: int = 0
    deleted: int = 0
    delete_failed: int = 0
    kept_back: int = 0
    copies: int = 0
    came_back: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    is_whole: bool = False
    has_begun: bool = field(default=False, compare=False)
