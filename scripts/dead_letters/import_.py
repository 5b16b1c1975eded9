"""Import dead letters from an export file to the stack's dead-letter queue.

Dead letters that are on the queue already, or a second time in the file, are skipped, so an interrupted import can be
run again without making copies.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from ingest.envelope import QueuedMessage
from processor.errors import Failure
from scripts.aws.exclusive import ChangeSession
from scripts.cli.progress import CountProgress
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.export_file import ExportLine, read_lines
from scripts.dead_letters.export_record import ExportedDeadLetter, LineError
from scripts.dead_letters.queues import SourceQueue, fits
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore

_ANY_TIME: Final = datetime.fromtimestamp(0, UTC)


@dataclass
class ImportResult:
    """The result of an import so far, or of its plan, counted in dead letters.

    `invalid` are lines that are not an exported dead letter, `failed` those that could not be sent, each as line number
    and reason. `origins` counts dead letters by the stack and account that they were exported from.
    """

    imported: int = 0
    already_there: int = 0
    origins: "Counter[str]" = field(default_factory=Counter)
    invalid: list[tuple[int, str]] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)
    has_begun: bool = False


class _PendingImport(NamedTuple):
    number: int
    dead_letter: ExportedDeadLetter
    message: QueuedMessage


def keys_on_queue(scan: Scan) -> set[bytes]:
    """Return the keys of all dead letters on the queue."""
    return {_key(dead_letter.body, dead_letter.attributes) for dead_letter in scan.dead_letters()}


def _key(body: str, attributes: Mapping[str, str]) -> bytes:
    """Return `copy_key`, but without the message ID where there is no receipt ID: SQS assigns a new one on import."""
    return bytes.fromhex(DeadLetter("", "", body, attributes, _ANY_TIME).copy_key)


class Import:
    """One import. It fills the `result`; without a `change` session it only plans.

    `known_keys` are the keys of the dead letters on the queue. `deferred` is entered around code that must not be
    interrupted.
    """

    def __init__(
        self,
        dead_letters: DeadLetterStore,
        known_keys: set[bytes],
        change: ChangeSession | None = None,
        deferred: Callable[[], AbstractContextManager[None]] = nullcontext,
        result: ImportResult | None = None,
    ) -> None:
        self._name = dead_letters.queue_name
        self._overflow = dead_letters.overflow
        self._bucket = None  # only events have one
        if self._overflow:
            self._bucket = dead_letters.scope.output("OverflowBucketName", "where large bodies are")
        self._queue = SourceQueue(dead_letters.scope.aws.sqs, dead_letters.queue.url)
        self._known_keys = known_keys
        self._change = change
        self._deferred = deferred
        self._batch: list[_PendingImport] = []
        self.result = result or ImportResult()
        self.result.has_begun = True

    def run(self, path: Path, progress: CountProgress) -> None:
        """Import the file line by line. `progress` takes the bytes read so far, and the file's size.

        Raise ConfigurationError if the file cannot be read, FailedError if the lock is lost or the audit cannot be
        written, and botocore's errors.
        """
        size = path.stat().st_size if path.exists() else 0
        for line in read_lines(path):
            self._add(line)
            progress(line.end, size)
        self._send()

    def _add(self, line: ExportLine) -> None:
        if line.dead_letter is None:
            self.result.invalid.append((line.number, line.problem))
            return
        if line.dead_letter.queue != self._name:
            other = f"it is from the {line.dead_letter.queue.queue}: import it with --queue {line.dead_letter.queue}"
            self.result.invalid.append((line.number, other))
            return
        try:
            message = line.dead_letter.message(self._bucket)
        except LineError as error:
            self.result.invalid.append((line.number, str(error)))
            return
        key = _key(message.body, message.attributes)
        if key in self._known_keys:
            self.result.already_there += 1
            return
        self._known_keys.add(key)
        self._take(_PendingImport(line.number, line.dead_letter, message))

    def _take(self, pending: _PendingImport) -> None:
        if self._change is None:
            self._count(pending)
            return
        if not fits([*(each.message for each in self._batch), pending.message]):
            self._send()
        if self._overflow and pending.message.attributes.get("encoding") == "s3":
            self._change.renew()
            try:
                self._overflow.put(pending.dead_letter.body)
            except Failure as failure:
                self.result.failed.append((pending.number, failure.reason))
                return
        self._batch.append(pending._replace(dead_letter=pending.dead_letter._replace(body=b"")))

    def _count(self, pending: _PendingImport) -> None:
        self.result.imported += 1
        self.result.origins[pending.dead_letter.came_from] += 1

    def _send(self) -> None:
        batch, self._batch = self._batch, []
        if not batch or not self._change:
            return
        self._change.renew()
        with self._deferred():
            failed = self._queue.send([pending.message for pending in batch])
            for number, pending in enumerate(batch):
                id_, came_from = pending.dead_letter.id, pending.dead_letter.came_from
                if number in failed:
                    self.result.failed.append((pending.number, failed[number]))
                    self._change.record("not imported", receipt_id=id_, result=failed[number])
                else:
                    self._count(pending)
                    self._change.record("imported", receipt_id=id_, result="sent", came_from=came_from)
            self._change.flush()
