"""Export dead letters to a file with one line for each, and read such a file. Calls no AWS."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Final, NamedTuple

from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.dead_letters.export_record import ExportedDeadLetter, LineError, encode
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.reader import ReadDeadLetter, Reader
from scripts.dead_letters.scan import Scan

# Far above a line whose body has 6 MB, the maximum for a Lambda function, with every byte escaped.
LONGEST_LINE: Final = 64 * 1024 * 1024


class ExportWriter:
    """Writes dead letters to an opened export file. Every method raises FailedError if it cannot be written."""

    def __init__(self, path: Path, file: IO[bytes], origin: Mapping[str, str], queue: QueueName) -> None:
        self._path = path
        self._file = file
        self._encode = partial(encode, origin=origin, queue=queue)

    def write(self, read: ReadDeadLetter) -> None:
        """Add a dead letter.

        Raise FailedError if its body exists but cannot be read, because the export would lose it.
        """
        if read.is_unread:
            raise FailedError(f"The dead letter {read.summary.id} cannot be exported: {read.problem.rstrip('.')}.")
        with _writing(self._path):
            self._file.write(self._encode(read))

    def sync(self) -> None:
        """Flush the written lines to the disk."""
        with _writing(self._path):
            self._file.flush()
            os.fsync(self._file.fileno())


@contextlib.contextmanager
def new_export_file(
    path: Path, origin: Mapping[str, str], queue: QueueName = QueueName.webhooks
) -> Iterator[ExportWriter]:
    """Create an export file that only its owner can read; `origin` is the account, region, stage and stack.

    Remove it at the end if it is empty, or cut short by an error or an interruption. Raise ConfigurationError if it
    exists or cannot be created.
    """
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise ConfigurationError(f"The file {path} exists: pass another path.") from None
    except OSError as error:
        raise ConfigurationError(f"The file {path} cannot be written: {error.strerror}.") from None
    writer, is_complete = ExportWriter(path, file, origin, queue), False
    try:
        _sync_folder(path.parent)
        yield writer
        writer.sync()
        is_complete = os.fstat(file.fileno()).st_size > 0
    finally:
        try:
            with _writing(path):
                file.close()
        finally:
            if not is_complete:
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FailedError(f"The file {path} cannot be written: {error.strerror}.") from None


def _sync_folder(folder: Path) -> None:
    """Flush the folder, so that the new file's name is on the disk too."""
    with contextlib.suppress(OSError):  # not every file system supports this
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class ExportLine(NamedTuple):
    """A line of an export file: its number from 1, its dead letter, or the `problem` why there is none.

    `end` is the offset of the next line in bytes.
    """

    number: int
    end: int
    dead_letter: ExportedDeadLetter | None
    problem: str = ""


def read_lines(path: Path) -> Iterator[ExportLine]:
    """Yield every line, one in memory at a time. Raise ConfigurationError if the file cannot be read."""
    try:
        with path.open("rb") as file:
            number = end = 0
            while text := file.readline(LONGEST_LINE):
                number, end = number + 1, end + len(text)
                rest = 0 if text.endswith(b"\n") else _skip(file)
                end += rest
                yield ExportLine(number, end, None, "the line is too long") if rest else _line(number, end, text)
    except OSError as error:
        raise ConfigurationError(f"The file {path} cannot be read: {error.strerror}.") from None


def _skip(file: IO[bytes]) -> int:
    """Skip the rest of the line, and return its length in bytes."""
    skipped = 0
    while rest := file.readline(LONGEST_LINE):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _line(number: int, end: int, text: bytes) -> ExportLine:
    try:
        return ExportLine(number, end, ExportedDeadLetter.decode(text))
    except LineError as error:
        return ExportLine(number, end, None, str(error))


def new_export(what: str, stack: str, now: datetime, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path of a new file in the folder, which is created for its owner alone if it is missing.

    "XDG Base Directory Specification", freedesktop.org: state that persists between runs; relative paths are ignored.
    Raise ConfigurationError if the folder cannot be created.
    """
    folder = exports_folder(environment)
    try:
        for each in (folder.parent, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} for exports cannot be created: {error.strerror}. Pass --export FILE."
        ) from None
    return folder / f"{what}-{stack}-{now:%Y%m%dT%H%M%SZ}.jsonl"


def exports_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder: $XDG_STATE_HOME/alma-webhooks/exports, or the same in ~/.local/state."""
    state = environment.get("XDG_STATE_HOME", "")
    home = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return home / "alma-webhooks" / "exports"


@dataclass
class ExportResult:
    """The result of an export so far.

    `messages` has the digest (`copy_key`) of each exported dead letter by message ID; copies share a line of the file.
    `ids` has the IDs in the file, `without_body` those whose body has expired, and `unread` the IDs of those that are
    not in the file because their body could not be read.
    """

    messages: dict[str, bytes] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    without_body: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def dead_letters(self) -> int:
        """The number of dead letters in the file."""
        return len(set(self.messages.values()))


def export(scan: Scan, reader: Reader, selection: Selection, writer: ExportWriter, exported: ExportResult) -> None:
    """Write the selected dead letters to the disk; `exported` has the result so far. Raise FailedError, botocore's."""
    keys: set[bytes] = set()
    for read in selection.scan(scan, reader, reader.unpack):
        key = bytes.fromhex(read.summary.copy_key)
        if key not in keys:
            if read.is_unread:
                exported.unread.append(read.summary.id)
                continue
            writer.write(read)
            keys.add(key)
            exported.ids.append(read.summary.id)
            if read.envelope is None and read.dead_letter.attributes.get("encoding") == "s3":
                exported.without_body.append(read.summary.id)
        exported.messages[read.summary.message_id] = key
    writer.sync()
