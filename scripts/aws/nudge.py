"""Invoke a function of the emulator so that it writes late log lines."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.clients import Aws

MOST_WORKERS: Final = 10
"""The largest number of workers of a function on the emulator."""

_EVERY_SECONDS: Final = 2.0
_FIRST_WORKERS: Final = 2


def nudge(aws: Aws, function: str, workers: int = MOST_WORKERS) -> None:
    """Invoke a function with no records in its first `workers` workers, to flush their logs.

    The emulator waits only a few milliseconds for the output of an invocation. On a busy computer a line may be late;
    it is then logged with the next invocation of the same worker.
    """
    run_on_nothing = partial(aws.functions.invoke, FunctionName=function, Payload=b'{"Records": []}')
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda _: run_on_nothing(), range(2 * workers)))


class Nudger:
    """Nudges a function of the emulator while a command waits for its lines; does nothing on AWS.

    It begins with few workers, because each that is not running yet has to start.
    """

    def __init__(self, aws: Aws, log_group: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._aws = aws
        self._function = log_group.rpartition("/")[2]
        self._monotonic = monotonic
        self._workers = _FIRST_WORKERS
        self._due = monotonic() + _EVERY_SECONDS

    def nudge_if_due(self) -> None:
        """Nudge the function if it is time. A failure is ignored: the line may come without it."""
        if self._aws.endpoint_url and self._monotonic() >= self._due:
            with suppress(BotoCoreError, ClientError):
                nudge(self._aws, self._function, self._workers)
            self._workers = min(2 * self._workers, MOST_WORKERS)
            self._due = self._monotonic() + _EVERY_SECONDS
