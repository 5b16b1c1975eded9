"""Discard exported dead letters by message ID.

Never uses PurgeQueue, which also deletes messages that others hold, and those that arrive in the next minute
("PurgeQueue", Amazon SQS API Reference).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from scripts.aws.exclusive import ChangeSession
from scripts.cli.exit_codes import RejectedError
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.export_file import ExportResult
from scripts.dead_letters.queues import BATCH
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore


def check_count(dead_letters: int, count: int | None) -> None:
    """Raise RejectedError unless the confirmed count is the number of dead letters."""
    if count is None:
        raise RejectedError(
            f"The number of dead letters is not confirmed, so nothing was discarded; pass --count {dead_letters} to "
            "discard all of them."
        )
    if count != dead_letters:
        raise RejectedError(
            f"The confirmed number is {count}, but the selection has {dead_letters}, so nothing was discarded."
        )


class Discard:
    """One discard of exported dead letters, given as their `copy_key` by message ID.

    `messages` are the IDs of deleted messages, `not_deleted` those that SQS failed to delete. Nothing is deleted before
    it `has_begun`. `deferred` is entered around code that must not be interrupted.
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
        """The number of dead letters of which all exported messages are deleted."""
        left = {key for message_id, key in self._exported.items() if message_id not in self.messages}
        return len(set(self._exported.values()) - left)

    @property
    def moved(self) -> int:
        """The number of messages not found again: expired, replayed, or held by another reader."""
        return len(self._exported) - len(self.messages) - len(self.not_deleted)

    def run(self, scan: Scan) -> None:
        """Delete the exported dead letters that are still on the queue.

        Raise FailedError if the lock is lost or the audit cannot be written, and botocore's errors.
        """
        batch: list[DeadLetter] = []
        for dead_letter in scan.dead_letters():
            if self._is_exported(dead_letter):
                batch.append(dead_letter)
            if len(batch) == BATCH:
                self._delete(batch, scan)
                batch = []
            if len(batch) == self.moved:
                break  # all of them were found
        self._delete(batch, scan)

    def _is_exported(self, dead_letter: DeadLetter) -> bool:
        return self._exported.get(dead_letter.message_id) == bytes.fromhex(dead_letter.copy_key)

    def _delete(self, batch: Sequence[DeadLetter], scan: Scan) -> None:
        self._change.renew()
        with self._deferred():
            self.has_begun = True
            failed = self._queue.delete(scan.handles(batch))
            deleted = {dead_letter.message_id for dead_letter in batch} - failed
            scan.forget(deleted)
            self.messages |= deleted
            self.not_deleted |= failed
            for dead_letter in batch:
                self._record(dead_letter, is_deleted=dead_letter.message_id in deleted)
            self._change.flush()

    def _record(self, dead_letter: DeadLetter, *, is_deleted: bool) -> None:
        """Write the audit line. The reconciliation counts the lines with the message "discarded"."""
        message, result = ("discarded", "deleted") if is_deleted else ("not discarded", "refused by SQS")
        profile = dead_letter.attributes.get("profile", "")
        ids = {"receipt_id": dead_letter.id, "result": result, "message_id": dead_letter.message_id}
        self._change.record(message, **ids, profile=profile)


@dataclass
class DiscardResult:
    """The result of a discard so far: the export that is made first, to `file`, and the deletion once it is confirmed.

    `is_file_removed` if the discard ended before a dead letter could have been deleted, so that nothing has to be kept.
    """

    file: Path | None
    exported: ExportResult = field(default_factory=ExportResult)
    deletion: Discard | None = None
    is_exported: bool = False
    is_file_removed: bool = False

    @property
    def has_begun(self) -> bool:
        """Whether dead letters may be deleted already."""
        return self.deletion is not None and self.deletion.has_begun
