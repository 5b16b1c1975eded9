"""Export files: one line for each dead letter, written to a new file and read again. Calls no AWS, judges no line."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Final, NamedTuple, Self

from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.dead_letters.export_record import ExportedDeadLetter, LineError, encode
from scripts.dead_letters.reader import ReadDeadLetter

# Far above what a body of 6 MB, the most that a Lambda function gets, makes of a line when each byte is escaped.
LONGEST_LINE: Final = 64 * 1024 * 1024


class ExportWriter:
    """A new export file, for its owner alone, while entered. `origin` is the scope's `told`; `count` lines are in it.

    Every method raises FailedError when the disk does not take what is written.
    """

    def __init__(self, path: Path, origin: Mapping[str, str]) -> None:
        self.path = path
        self.count = 0
        self._origin = origin
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Makes the file. Raises ConfigurationError when there is one already, or it cannot be made."""
        try:
            self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except FileExistsError:
            raise ConfigurationError(f"The file {self.path} exists: pass another path.") from None
        except OSError as error:
            raise ConfigurationError(f"The file {self.path} cannot be written: {error.strerror}.") from None
        _sync_folder(self.path.parent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no file that is empty, or that an error or an interruption has cut short."""
        if self._file is None:
            return
        is_whole = False
        try:
            self.sync()
            is_whole = error is None and bool(self.count)
        finally:
            self._close(self._file, is_whole=is_whole)

    def write(self, read: ReadDeadLetter) -> None:
        """Adds a dead letter.

        Raises FailedError when its body is there and cannot be read: it would not be exported.
        """
        if read.is_unread:
            raise FailedError(f"The dead letter {read.summary.id} cannot be exported: {read.problem.rstrip('.')}.")
        try:
            self._opened.write(encode(read, self._origin))
        except OSError as error:
            raise self._failure(error) from None
        self.count += 1

    def sync(self) -> None:
        """Returns once all that was written is on the disk, not only on its way there."""
        try:
            self._opened.flush()
            os.fsync(self._opened.fileno())
        except OSError as error:
            raise self._failure(error) from None

    @property
    def _opened(self) -> IO[bytes]:
        if self._file is None:
            raise ValueError("not entered")
        return self._file

    def _close(self, file: IO[bytes], *, is_whole: bool) -> None:
        self._file = None
        try:
            file.close()
        except OSError as error:
            raise self._failure(error) from None
        finally:
            if not is_whole:
                self.path.unlink(missing_ok=True)

    def _failure(self, error: OSError) -> FailedError:
        return FailedError(f"The file {self.path} cannot be written: {error.strerror}.")


def _sync_folder(folder: Path) -> None:
    """Puts the file's name on the disk too."""
    with contextlib.suppress(OSError):  # not every file system knows this of folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class ExportLine(NamedTuple):
    """A line of an export file by its number, from 1 on: a dead letter, or why it is none.

    The file was read up to `end`.
    """

    number: int
    end: int
    dead_letter: ExportedDeadLetter | None
    problem: str = ""


def read_lines(path: Path) -> Iterator[ExportLine]:
    """Every line, one in memory at a time. Raises ConfigurationError when the file cannot be read."""
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
    """Reads to the line's end; how many bytes that are."""
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
