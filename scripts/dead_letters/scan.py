"""Scan the dead-letter queue: read each dead letter once, and hide it until the scan ends.

SQS cannot list a queue without receiving, which hides the messages from other readers for a while. The scan holds all
dead letters until it has seen all, or the queue would return the same ones again.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from types import TracebackType
from typing import Final, Self

from botocore.exceptions import BotoCoreError, ClientError

from scripts.cli.progress import CountProgress
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.queues import BATCH, DeadLetterQueue, Depth

# How long dead letters stay hidden if this process is killed, and as long again for each 10,000 of them. A call renews
# only ten, so with a shorter hold the first would reappear before the last is renewed, and the scan would never end.
# "ChangeMessageVisibility", Amazon SQS API Reference: twelve hours at most.
HOLD: Final = timedelta(minutes=5)
_DEAD_LETTERS_PER_HOLD: Final = 10_000
_LONGEST_HOLD: Final = timedelta(hours=12)

# Dead letters whose hold is renewed between two calls of `renew`: a hundred calls to SQS, some seconds.
_AT_A_TIME: Final = 1_000

# After this number of failed calls in a row the scan stops; the dead letters reappear when the hold expires.
_FAILURES: Final = 3

# An empty response to long polling, which asks all SQS servers, means that there is no message ("Amazon SQS short and
# long polling"). Until the scan has seen the approximate count, it takes several empty responses to end it.
_WAIT_SECONDS: Final = 1
_EMPTY_RESPONSES: Final = 3


class Scan:
    """A context manager for one scan: `seen` dead letters so far, of about `depth`.

    `renew` is called before each dead letter, and every few seconds; an error that it raises, such as a lost lock, ends
    the scan.
    """

    def __init__(
        self,
        queue: DeadLetterQueue,
        progress: CountProgress,
        *,
        renew: Callable[[], None] = lambda: None,
        hold: timedelta = HOLD,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue = queue
        self._progress = progress
        self._renew = renew
        self._hold = round(hold.total_seconds())
        self._monotonic = monotonic
        self._held: dict[str, str] = {}
        self._ids: set[str] = set()
        self._held_since = monotonic()
        self.depth = Depth(0, 0)

    @property
    def seen(self) -> int:
        """The number of dead letters seen so far."""
        return len(self._ids)

    def __enter__(self) -> Self:
        self.depth = self._queue.depth()
        longest = max(self._hold, round(_LONGEST_HOLD.total_seconds()))
        self._hold = min(longest, self._hold * (1 + self.depth.all // _DEAD_LETTERS_PER_HOLD))
        self._progress(0, self.depth.all)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show the dead letters again, even if interrupted meanwhile."""
        try:
            failure = self._show()
        except KeyboardInterrupt:
            self._show()
            raise
        if failure and error is None:
            raise failure

    def _show(self) -> ClientError | BotoCoreError | None:
        """Show the dead letters, ten per call, so that a failed call affects no others. Return the last failure."""
        failure, failures = None, 0
        while self._held and failures < _FAILURES:
            batch = dict(islice(self._held.items(), BATCH))
            try:
                self._queue.hide(batch, 0)  # fails for those deleted or expired, as it should
                failures = 0
            except (ClientError, BotoCoreError) as error:
                failure, failures = error, failures + 1
            self.forget(set(batch))
        return failure

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Yield each dead letter once, in no order, except those that another reader holds meanwhile."""
        empty = 0
        while empty < (1 if self.seen >= self.depth.all else _EMPTY_RESPONSES):
            self._renew()
            self.hold()
            received = self._queue.receive(self._hold, _WAIT_SECONDS)
            empty = 0 if received else empty + 1
            self._held |= {dead_letter.message_id: dead_letter.handle for dead_letter in received}
            for dead_letter in received:
                if dead_letter.message_id not in self._ids:
                    self._ids.add(dead_letter.message_id)
                    self._renew()
                    yield dead_letter
            self._progress(self.seen, self.depth.all)

    def hold(self) -> None:
        """Renew the hold if half of it is over. Call it during long operations."""
        now = self._monotonic()
        if not self._held:
            self._held_since = now
        elif now - self._held_since >= self._hold / 2:
            self._held_since = now
            held = list(self._held.items())
            for begin in range(0, len(held), _AT_A_TIME):
                self._queue.hide(dict(held[begin : begin + _AT_A_TIME]), self._hold)
                self._renew()

    def handles(self, dead_letters: Iterable[DeadLetter]) -> dict[str, str]:
        """Return the newest receipt handle of each dead letter; with an older one SQS deletes nothing.

        "DeleteMessage", Amazon SQS API Reference.
        """
        return {
            dead_letter.message_id: self._held.get(dead_letter.message_id, dead_letter.handle)
            for dead_letter in dead_letters
        }

    def forget(self, message_ids: set[str]) -> None:
        """Remove deleted messages from those to show again."""
        for message_id in message_ids:
            self._held.pop(message_id, None)
