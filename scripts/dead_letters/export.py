"""Export the selected dead letters, each once, and return which they are."""

from dataclasses import dataclass, field

from scripts.dead_letters.export_file import ExportWriter
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.reader import ReadDeadLetter, Reader
from scripts.dead_letters.scan import Scan


@dataclass
class ExportResult:
    """The result of an export so far.

    `messages` has the digest (`copy_key`) of each exported dead letter by message ID; copies share a line of the file.
    `without_body` has the IDs of exported dead letters whose body has expired, `unread` the IDs of those that are not
    in the file because their body could not be read.
    """

    messages: dict[str, bytes] = field(default_factory=dict)
    without_body: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def dead_letters(self) -> int:
        """The number of dead letters in the file."""
        return len(set(self.messages.values()))


def export(scan: Scan, reader: Reader, selection: Selection, writer: ExportWriter, exported: ExportResult) -> None:
    """Write the selected dead letters, and return when they are on the disk.

    Raise FailedError if they cannot be written, and botocore's errors. `exported` has the result so far.
    """
    keys: set[bytes] = set()
    for read in selection.scan(scan, reader, reader.unpack):
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
