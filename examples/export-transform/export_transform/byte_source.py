"""A stream of bytes that can be looked at ahead, and streams that are parts of another one."""

from typing import Protocol

from export_transform.causes import refused, truncated
from export_transform.limits import KIB, MIB, Limits

CHUNK = 64 * KIB
"""How many bytes are read at a time."""

_FREE_BYTES = MIB
"""A short file may expand as it likes up to here: a few records that are equal compress better than any limit."""


class Readable(Protocol):
    """A stream of bytes that is read once, from its beginning: a file, an S3 body, an SFTP file."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and none only at the end."""


class ByteSource:
    """A stream that can be looked at ahead. `name` is for errors; `taken` counts the bytes that were handed out."""

    def __init__(self, stream: Readable, name: str) -> None:
        self.name = name
        self.taken = 0
        self._stream = stream
        self._held = b""
        self._at = 0  # what is held before it has been taken

    def peek(self, size: int) -> bytes:
        """Return the next bytes without taking them: fewer than `size` only at the end."""
        while len(self._held) - self._at < size and (more := self._stream.read(CHUNK)):
            self._held, self._at = self._held[self._at :] + more, 0
        return self._held[self._at : self._at + size]

    def take(self, size: int) -> bytes:
        """Return exactly that many bytes. Raise ArtifactError if the stream ends before."""
        data = self.peek(size)
        if len(data) < size:
            raise truncated(f"{self.name} ends after {self.taken + len(data)} bytes, inside its structure.")
        return self._take(data)

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and none only at the end."""
        if self._at == len(self._held):
            self._held, self._at = self._stream.read(CHUNK), 0
        return self._take(self._held[self._at : self._at + size])

    def put_back(self, size: int) -> None:
        """Return that many bytes of those that the last call has taken."""
        self._at -= size
        self.taken -= size

    def skip_zeros(self) -> None:
        """Take the zero bytes that come next."""
        while data := self.read(CHUNK):
            if rest := data.lstrip(b"\0"):
                return self.put_back(len(rest))
        return None

    def expect_end(self) -> None:
        """Raise ArtifactError if any byte is left."""
        if self.peek(1):
            raise refused(f"{self.name} has more bytes after its end mark, at byte {self.taken}.")

    def _take(self, data: bytes) -> bytes:
        self._at += len(data)
        self.taken += len(data)
        return data


class Slice:
    """The next `size` bytes of a source, as a stream."""

    def __init__(self, source: ByteSource, size: int) -> None:
        self._source = source
        self._left = size

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes. Raise ArtifactError if the source ends before the slice does."""
        data = self._source.read(min(size, self._left))
        if self._left and size and not data:
            raise truncated(f"{self._source.name} ends after {self._source.taken} bytes, inside a member.")
        self._left -= len(data)
        return data


class Expansion:
    """Counts the bytes that a compressed file expands to, and stops at the limits."""

    def __init__(self, source: ByteSource, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._bytes = 0

    def add(self, size: int) -> None:
        """Count bytes that came out. Raise ArtifactError if they are too many, for the limit or for the bytes taken."""
        self._bytes += size
        most = min(self._limits.expanded_bytes, max(self._limits.ratio * self._source.taken, _FREE_BYTES))
        if self._bytes > most:
            raise refused(
                f"{self._source.name} expands to more than {most} bytes from {self._source.taken}. If this is a real "
                "export, raise the limit expanded_bytes or ratio."
            )


def drain(stream: Readable) -> None:
    """Read a stream to its end."""
    while stream.read(CHUNK):
        pass
