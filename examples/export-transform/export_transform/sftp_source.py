"""The files of an export on an SFTP server."""

import io
import posixpath
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import BinaryIO, Final, cast

import paramiko

from export_transform.resuming_stream import Reader, ResumingStream
from export_transform.source import FileChangedError, SourceFile
from processor.errors import Permanent, Transient

# A window is asked for at once and read to its end before the next one, so that memory stays flat: the prefetching of
# the library keeps everything that arrives, however slowly it is used.
WINDOW_BYTES: Final = 1024 * 1024
MAX_REQUESTS: Final = 32  # each asks for 32 KiB, the most that servers have to send

# The library can keep parts of a window for ever (a race of its threads), so the file is opened anew now and then.
_WINDOWS_PER_HANDLE: Final = 64
_LOST: Final = (paramiko.SSHException, OSError, EOFError)

OpenSession = Callable[[], AbstractContextManager[paramiko.SFTPClient]]


class SftpSource:
    """Reads the files of a server. A file can be listed before it is whole, so its size has to be stable first."""

    is_atomic = False

    def __init__(self, open_session: OpenSession) -> None:
        self._open_session = open_session

    def files(self, prefix: str) -> list[SourceFile]:
        """Return the regular files of a folder whose names start like this. Raise Transient, Permanent."""
        folder, start = posixpath.split(prefix)
        with self._open_session() as session:
            try:
                found = session.listdir_attr(folder or ".")
            except FileNotFoundError:
                return []
            except PermissionError:
                raise Permanent("no-target", "The SFTP server does not let this user list the folder.") from None
            except _LOST as error:
                raise Transient("transient", f"The SFTP folder cannot be listed ({type(error).__name__}).") from None
        regular = [each for each in found if stat.S_ISREG(each.st_mode or 0) and each.filename.startswith(start)]
        return [_source_file(posixpath.join(folder, each.filename), each) for each in regular]

    @contextmanager
    def open(self, file: SourceFile) -> Iterator[BinaryIO]:
        """Return the bytes of the file. Reading raises FileChangedError, Transient, Permanent."""

        def open_at(offset: int) -> Reader:
            return _SftpReader(self._open_session, file, offset)

        with ResumingStream(open_at, file.size, _LOST) as stream:
            yield cast("BinaryIO", io.BufferedReader(stream, WINDOW_BYTES))


class _SftpReader:
    """The rest of a file by a session of its own. Raise FileChangedError if it has another size or time."""

    def __init__(self, open_session: OpenSession, file: SourceFile, offset: int) -> None:
        self._file = file
        self._offset = offset
        self._windows = 0
        with ExitStack() as opened:
            self._session = opened.enter_context(open_session())
            self._handle = self._opened()
            self._stack = opened.pop_all()

    def read(self, size: int, /) -> bytes:
        """Return at most a window."""
        if self._windows == _WINDOWS_PER_HANDLE:
            self._handle.close()
            self._handle, self._windows = self._opened(), 0
        wanted = min(size, WINDOW_BYTES, self._file.size - self._offset)
        data: bytes = b"".join(self._handle.readv([(self._offset, wanted)], MAX_REQUESTS))
        self._offset += len(data)
        self._windows += 1
        return data

    def close(self) -> None:
        """End the session. A server that has gone is not waited for."""
        self._stack.close()

    def _opened(self) -> paramiko.SFTPFile:
        try:
            handle = self._session.open(self._file.name, "rb")
        except FileNotFoundError:
            raise FileChangedError from None
        if _source_file(self._file.name, handle.stat()) != self._file:
            raise FileChangedError
        return handle


def _source_file(name: str, attributes: paramiko.SFTPAttributes) -> SourceFile:
    modified = attributes.st_mtime or 0
    return SourceFile(name=name, size=attributes.st_size or 0, tag=str(modified), modified=modified)
