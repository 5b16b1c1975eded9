"""Exports the dead letters that are chosen, each once, and notes which they were. Changes none, prints nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field

from scripts.cli.progress import CountProgress
from scripts.dead_letters.export_file import ExportWriter
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.service import DeadLetterStore


@dataclass
class ExportResult:
    """What a pass has exported so far: of about `depth` dead letters `seen`.

    `messages` has the digest (`copy_key`) of each dead letter in the file by its message id: a dead letter that the
    queue has twice is in the file once. `without_body` are those whose body is gone, `unread` those that are not in the
    file because their body could not be read, by their ids.
    """

    seen: int = 0
    depth: int = 0
    messages: dict[str, bytes] = field(default_factory=dict)
    without_body: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def dead_letters(self) -> int:
        """How many dead letters are in the file."""
        return len(set(self.messages.values()))


def export(
    dead_letters: DeadLetterStore,
    selection: Selection,
    writer: ExportWriter,
    progress: CountProgress,
    exported: ExportResult,
    *,
    renew: Callable[[], None] = lambda: None,
) -> None:
    """Writes every chosen dead letter, and returns once they are on the disk. `renew` is called now and then.

    Raises FailedError when the disk does not take them, and botocore's errors; `exported` tells how far it came.
    """
    keys: set[bytes] = set()
    reader = dead_letters.reader
    with Scan(dead_letters.queue, progress, renew=renew) as scan:
        exported.depth = scan.depth.all
        for dead_letter in scan.dead_letters():
            renew()
            exported.seen = scan.seen
            if read := selection.select(dead_letter, reader, reader.unpack):
                _add(read, writer, exported, keys)
    writer.sync()


def _add(read: ReadDeadLetter, writer: ExportWriter, exported: ExportResult, keys: set[bytes]) -> None:
    key = bytes.fromhex(read.summary.copy_key)
    if key not in keys:
        if read.is_unread:
            exported.unread.append(read.summary.id)
            return
        writer.write(read)
        keys.add(key)
        if read.envelope is None and read.dead_letter.attributes.get("encoding") == "s3":
            exported.without_body.append(read.summary.id)
    exported.messages[read.summary.message_id] = key
