"""Discards dead letters that were exported, by their messages' ids, and nothing else. Exports none, prints nothing.

Never PurgeQueue, which takes what others hold just now, and what arrives in the next minute ("PurgeQueue", Amazon SQS
API Reference).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from scripts.cli.exit_codes import RejectedError
from scripts.cli.progress import CountProgress
from scripts.dead_letters.change_session import ChangeSession
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.dead_letter_queue import BATCH
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.service import DeadLetterStore


def check_count(dead_letters: int, count: int | None) -> None:
    """Raise RejectedError unless the confirmed count is the number of dead letters."""
    if count is None:
        raise RejectedError(
            f"The number of dead letters is not confirmed, so nothing was discarded; pass --count {dead_letters} to "
            "discard all of them."
        )
    if count != dead_letters:
        raise RejectedError(
            f"The confirmed number is {count}, but {dead_letters} are selected, so nothing was discarded."
        )


class Discard:
    """Discards exported dead letters, told by their `copy_key` and message id, while `change` gives the right to it.

    `messages` are gone, `refused` SQS did not delete; until it `has_begun` nothing is gone. `deferred` is entered for
    what no interruption may come between.
    """

    def __init__(
        self,
        dead_letters: DeadLetterStore,
        change: ChangeSession,
        exported: Mapping[str, bytes],
        deferred: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._queue = dead_letters.queue
        self._change = change
        self._exported = exported
        self._deferred = deferred
        self.has_begun = False
        self.messages: set[str] = set()
        self.not_deleted: set[str] = set()

    @property
    def dead_letters(self) -> int:
        """How many dead letters are gone, with all their messages that were exported."""
        left = {key for message_id, key in self._exported.items() if message_id not in self.messages}
        return len(set(self._exported.values()) - left)

    @property
    def moved(self) -> int:
        """How many messages were not found: they have expired, were replayed, or another reader has them just now."""
        return len(self._exported) - len(self.messages) - len(self.not_deleted)

    def run(self, progress: CountProgress) -> None:
        """Discards what is still there.

        Raises FailedError when the right to change is lost or the audit cannot be written, and botocore's errors.
        """
        with Scan(self._queue, progress, renew=self._change.renew) as scan:
            batch: list[DeadLetter] = []
            for dead_letter in scan.dead_letters():
                self._change.renew()
                if self._is_exported(dead_letter):
                    batch.append(dead_letter)
                if len(batch) == BATCH:
                    self._delete(batch, scan)
                    batch = []
                if len(batch) == self.moved:
                    break  # there are no more
            self._delete(batch, scan)

    def _is_exported(self, dead_letter: DeadLetter) -> bool:
        return self._exported.get(dead_letter.message_id) == bytes.fromhex(dead_letter.copy_key)

    def _delete(self, batch: Sequence[DeadLetter], scan: Scan) -> None:
        self._change.renew()
        with self._deferred():
            self.has_begun = True
            refused = self._queue.delete(scan.handles(batch))
            gone = {dead_letter.message_id for dead_letter in batch} - refused
            scan.forget(gone)
            self.messages |= gone
            self.not_deleted |= refused
            for dead_letter in batch:
                self._record(dead_letter, is_gone=dead_letter.message_id in gone)
            self._change.flush()

    def _record(self, dead_letter: DeadLetter, *, is_gone: bool) -> None:
        """The reconciliation counts the lines "discarded"."""
        facts = {"message_id": dead_letter.message_id, "profile": dead_letter.attributes.get("profile", "")}
        if is_gone:
            self._change.record("discarded", dead_letter.id, result="deleted", **facts)
        else:
            self._change.record("not discarded", dead_letter.id, result="refused by SQS", **facts)
