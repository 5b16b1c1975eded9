"""Expand deflated data as it is read: one stream of zip, or all members of a gzip file."""

import zlib

from export_transform.byte_source import ByteSource, Expansion
from export_transform.causes import refused, truncated
from export_transform.limits import KIB

RAW = -zlib.MAX_WBITS
"""Deflate without a header or trailer, as in zip."""

_FEED = 8 * KIB  # small, because a file may have many streams, and the rest is copied after each
_GZIP = 16 + zlib.MAX_WBITS
_FIRST_BYTE = b"\x1f"


class InflatedStream:
    """One deflated stream; afterwards its source is at the byte after it. The trailer of gzip is checked."""

    def __init__(self, source: ByteSource, expansion: Expansion, wbits: int = RAW) -> None:
        self._source = source
        self._expansion = expansion
        self._zlib = zlib.decompressobj(wbits)

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes. Raise ArtifactError if the data is cut, damaged or expands too much."""
        while not self._zlib.eof:
            deflated = self._zlib.unconsumed_tail or self._source.read(_FEED)
            try:
                data = self._zlib.decompress(deflated, size)
            except zlib.error:
                raise refused(f"{self._source.name} is damaged before byte {self._source.taken}.") from None
            if self._zlib.eof:
                self._source.put_back(len(self._zlib.unused_data))
            elif not deflated and not data:
                raise truncated(f"{self._source.name} ends after {self._source.taken} bytes, inside compressed data.")
            if data:
                self._expansion.add(len(data))
                return data
        return b""


class GzipStream:
    """All members of a gzip file as one stream. Zero bytes after a member are padding, other bytes are refused."""

    def __init__(self, source: ByteSource, expansion: Expansion) -> None:
        self._source = source
        self._expansion = expansion
        self._member = InflatedStream(source, expansion, _GZIP)

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and none after the last member. Raise as InflatedStream."""
        while not (data := self._member.read(size)):
            self._source.skip_zeros()
            if self._source.peek(1) != _FIRST_BYTE:
                self._source.expect_end()
                return b""
            self._member = InflatedStream(self._source, self._expansion, _GZIP)
        return data
