"""One pass over the dead-letter queue: each dead letter once, hidden until the pass ends. Changes none of them.

SQS has no way to look at a queue: who looks receives, and what is received is hidden from all others for a while. So
the dead letters are held until the pass has seen all, or the queue would answer with the same ones again.
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
from scripts.dead_letters.dead_letter_queue import BATCH, DeadLetterQueue, Depth

# How long dead letters stay hidden if this process is killed, and as long again for each ten thousand of them: a
# call holds but ten of them anew, so that the first would come back before the last is held, and the pass never end.
# "ChangeMessageVisibility", Amazon SQS API Reference: twelve hours at most.
HOLD: Final = timedelta(minutes=5)
_DEAD_LETTERS_PER_HOLD: Final = 10_000
_LONGEST_HOLD: Final = timedelta(hours=12)

# So many dead letters are held anew between two calls of `renew`: a hundred calls to SQS, some seconds.
_AT_A_TIME: Final = 1_000

# At the end a call may fail, and the next one not; after so many in a row the dead letters come back by themselves.
_FAILURES: Final = 3

# An empty response after a wait, in which SQS asks all its servers, means that there is no message ("Amazon SQS short
# and long polling"). As its counts are approximate, one is believed only when as many were seen as it had counted.
_WAIT_SECONDS: Final = 1
_EMPTY_ANSWERS: Final = 3


class Scan:
    """A pass, while entered. `seen` dead letters of about `depth` so far. `renew` is called every few seconds of it.

    What `renew` raises ends the pass: a command's right to change dead letters is lost.
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
        """How many dead letters the pass has seen."""
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
        """Shows the dead letters again, also when it is interrupted at that."""
        try:
            failure = self._show()
        except KeyboardInterrupt:
            self._show()
            raise
        if failure and error is None:
            raise failure

    def _show(self) -> ClientError | BotoCoreError | None:
        """Ten at a time, so that one call which fails keeps no others hidden; the last failure, if there is one."""
        failure, failures = None, 0
        while self._held and failures < _FAILURES:
            batch = dict(islice(self._held.items(), BATCH))
            try:
                self._queue.hide(batch, 0)  # one that has been deleted or has expired is refused, which is right
                failures = 0
            except (ClientError, BotoCoreError) as error:
                failure, failures = error, failures + 1
            self.forget(set(batch))
        return failure

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Every dead letter once, in no order. Those that another reader holds all the while are not among them."""
        empty = 0
        while empty < (1 if self.seen >= self.depth.all else _EMPTY_ANSWERS):
            self._renew()
            self.hold()
            received = self._queue.receive(self._hold, _WAIT_SECONDS)
            empty = 0 if received else empty + 1
            self._held |= {dead_letter.message_id: dead_letter.handle for dead_letter in received}
            for dead_letter in received:
                if dead_letter.message_id not in self._ids:
                    self._ids.add(dead_letter.message_id)
                    yield dead_letter
            self._progress(self.seen, self.depth.all)

    def hold(self) -> None:
        """Hides what is held for the same time again, if half of it is over. Call it during what takes long."""
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
        """What deletes these dead letters: the newest handle of each, for SQS takes an older one and deletes nothing.

        "DeleteMessage", Amazon SQS API Reference.
        """
        return {
            dead_letter.message_id: self._held.get(dead_letter.message_id, dead_letter.handle)
            for dead_letter in dead_letters
        }

    def forget(self, message_ids: set[str]) -> None:
        """These have been deleted: there is nothing to show again."""
        for message_id in message_ids:
            self._held.pop(message_id, None)
