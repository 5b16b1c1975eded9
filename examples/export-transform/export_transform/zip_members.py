"""Read the members of a zip file as a stream, and check them against its directory, which comes last.

The module `zipfile` is not used: it needs a file that can seek, and reads a directory of any size into memory. Formats:
"APPNOTE.TXT - .ZIP File Format Specification" of PKWARE.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from export_transform.byte_source import ByteSource, Expansion, Readable, Slice, drain
from export_transform.causes import ArtifactError, refused
from export_transform.inflate import InflatedStream
from export_transform.limits import Limits

LOCAL, END = b"PK\x03\x04", b"PK\x05\x06"
"""How a zip file begins: with a member, or with the end of its directory if it is empty."""

_CENTRAL, _END_64, _LOCATOR_64, _DESCRIPTOR = b"PK\x01\x02", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"
_ENCRYPTED, _SIZES_FOLLOW = 0x2041, 0x8  # bits of the flags
_STORED, _DEFLATED = 0, 8
_IN_EXTRA = 0xFFFFFFFF  # this size is in the extra field
_ZIP64 = 1  # header id of that extra field


class LocalHeader(NamedTuple):
    """What stands before a member. The sizes are those that it states, in bytes."""

    flags: int
    method: int
    crc: int
    packed: int
    size: int
    name: bytes


class Checksummed:
    """A stream that counts its bytes and computes their CRC-32."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.crc = 0
        self.size = 0

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, as the stream does."""
        data = self._stream.read(size)
        self.crc = zlib.crc32(data, self.crc)
        self.size += len(data)
        return data


def zip_members(source: ByteSource, limits: Limits) -> Iterator[tuple[str, Checksummed]]:
    """Yield name and content of each file, then check the directory up to its end mark. Raise ArtifactError."""
    expansion, seen = Expansion(source, limits), dict[bytes, int]()
    while (signature := source.take(4)) == LOCAL:
        header = _local_header(source)
        if len(header.name) > limits.name_bytes or len(seen) >= limits.members or header.name in seen:
            raise refused(
                f"{source.name} has more than {limits.members} members, one whose name is longer than "
                f"{limits.name_bytes} bytes, or two of the same name."
            )
        began = source.taken
        content = Checksummed(_content(source, header, expansion))
        if not header.name.endswith(b"/"):
            yield header.name.decode("utf-8", "replace"), content
        drain(content)
        _check_sizes(source, header, content, source.taken - began)
        seen[header.name] = content.crc
    _check_directory(source, signature, seen, limits)


def _damaged(source: ByteSource) -> ArtifactError:
    return refused(f"{source.name} is damaged before byte {source.taken}: its members and its directory do not agree.")


def _local_header(source: ByteSource) -> LocalHeader:
    _, flags, method, _, crc, packed, size, name_size, extra_size = struct.unpack("<3H4s3I2H", source.take(26))
    name, extra = source.take(name_size), source.take(extra_size)
    if size == _IN_EXTRA or packed == _IN_EXTRA:
        size, packed = _large_sizes(source, extra)
    if flags & _ENCRYPTED or method not in (_STORED, _DEFLATED):
        raise refused(f"{source.name} has a member that is encrypted, or not compressed with deflate.")
    if method == _STORED and flags & _SIZES_FOLLOW and not name.endswith(b"/"):
        raise refused(f"{source.name} has a member that is not compressed and whose size is not stated before it.")
    return LocalHeader(flags, method, crc, packed, size, name)


def _large_sizes(source: ByteSource, extra: bytes) -> tuple[int, int]:
    """Return size and packed size of a member of 4 GiB or more: both are in a local header's extra field."""
    while len(extra) >= 4:
        kind, length = struct.unpack("<2H", extra[:4])
        if kind == _ZIP64 and length >= 16 and len(extra) >= 20:
            size, packed = struct.unpack("<2Q", extra[4:20])
            return int(size), int(packed)
        extra = extra[4 + length :]
    raise _damaged(source)


def _content(source: ByteSource, header: LocalHeader, expansion: Expansion) -> Readable:
    return Slice(source, header.packed) if header.method == _STORED else InflatedStream(source, expansion)


def _check_sizes(source: ByteSource, header: LocalHeader, content: Checksummed, packed: int) -> None:
    if not header.flags & _SIZES_FOLLOW:
        if (header.crc, header.packed, header.size) != (content.crc, packed, content.size):
            raise _damaged(source)
        return
    large = struct.pack("<I2Q", content.crc, packed, content.size)
    small = struct.pack("<3I", content.crc, packed % 2**32, content.size % 2**32)
    for follows in (_DESCRIPTOR + large, large, _DESCRIPTOR + small, small):
        if source.peek(len(follows)) == follows:
            source.take(len(follows))
            return
    source.take(len(_DESCRIPTOR + large))  # raises if it is cut: the directory needs this many bytes, too
    raise _damaged(source)


def _check_directory(source: ByteSource, signature: bytes, seen: dict[bytes, int], limits: Limits) -> None:
    """Check that the directory names each member that was read, with its checksum, and that nothing follows."""
    while signature == _CENTRAL:
        crc, name_size, extra_size, comment_size = struct.unpack("<12xI8x3H12x", source.take(42))
        name = source.take(name_size)
        if seen.pop(name, None) != crc:
            raise _damaged(source)
        source.take(extra_size + comment_size)
        signature = source.take(4)
    if signature == _END_64:
        source.take(min(struct.unpack("<Q", source.take(8))[0], limits.header_bytes))
        signature = source.take(4)
    if signature == _LOCATOR_64:
        source.take(16)
        signature = source.take(4)
    if signature != END or seen:
        raise _damaged(source)
    [comment_size] = struct.unpack("<16xH", source.take(18))
    source.take(comment_size)
    source.expect_end()
