"""Read the members of a tar file as a stream, with bounds on its headers.

The module `tarfile` is not used: it reads headers of any size into memory, and takes a file that is cut between members
for a whole one. Formats: ustar, pax and GNU, as in the page "Basic Tar Format" of the GNU tar manual.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from export_transform.byte_source import ByteSource, Slice, drain
from export_transform.causes import ArtifactError, refused
from export_transform.limits import Limits

MAGIC_AT = 257
"""Where a header has the word `ustar`."""

BLOCK = 512
"""Everything in a tar file is a multiple of this many bytes."""

_LONGEST_LENGTH = 10  # digits of the length of a pax record
_LENGTH = re.compile(rb"\d{1,%d}" % _LONGEST_LENGTH)
_END = bytes(BLOCK)
_CHECKSUM = slice(148, 156)
_REGULAR, _FOLDER = (b"0", b"\0", b"7"), b"5"
_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL = b"L", b"K", b"x", b"g"


class TarHeader(NamedTuple):
    """What a header says of a member. `kind` is the type flag."""

    name: bytes
    size: int
    kind: bytes


def tar_members(source: ByteSource, limits: Limits) -> Iterator[tuple[str, Slice]]:
    """Yield name and content of each regular file, up to the end mark. Raise ArtifactError."""
    count = 0
    while header := _header(source, limits):
        count += 1
        if count > limits.members:
            raise refused(f"{source.name} has more than {limits.members} members; raise the limit members for more.")
        content = Slice(source, header.size)
        if header.kind in _REGULAR:
            yield header.name.decode("utf-8", "replace"), content
        elif header.kind != _FOLDER:
            raise refused(f"Member {count} of {source.name} is a link or another special file; only files are read.")
        drain(content)
        source.take(-header.size % BLOCK)
    if source.take(BLOCK) != _END:
        raise _damaged(source)
    source.skip_zeros()
    source.expect_end()


def _damaged(source: ByteSource) -> ArtifactError:
    return refused(f"{source.name} is damaged before byte {source.taken}: there is no header of tar.")


def _header(source: ByteSource, limits: Limits) -> TarHeader | None:
    """Return the next header, with what headers before it say of it; None at the first block of the end mark."""
    began, records = source.taken, dict[bytes, bytes]()
    while (block := source.take(BLOCK)) != _END:
        header = _parsed(block, source)
        name = records.get(b"path", header.name)
        if len(name) > limits.name_bytes:
            raise refused(f"{source.name} has a member whose name is longer than {limits.name_bytes} bytes.")
        if header.kind not in (_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL):
            return TarHeader(name, _size(records, header, source), header.kind)
        if source.taken - began + header.size > limits.header_bytes:
            raise refused(f"{source.name} has a header of more than {limits.header_bytes} bytes.")
        content = source.take(header.size)
        source.take(-header.size % BLOCK)
        if header.kind == _LONG_NAME:
            records[b"path"] = content.rstrip(b"\0")
        elif header.kind == _PAX:
            records |= _pax_records(content, source)
    return None


def _pax_records(content: bytes, source: ByteSource) -> dict[bytes, bytes]:
    """Return the records of a pax header, each written as `LENGTH KEY=VALUE` and a line feed."""
    records, at = dict[bytes, bytes](), 0
    while at < len(content):
        length = content[at : at + _LONGEST_LENGTH].partition(b" ")[0]
        end = at + int(length) if _LENGTH.fullmatch(length) else at
        if not at < end <= len(content):
            raise _damaged(source)
        key, _, value = content[at + len(length) + 1 : end - 1].partition(b"=")
        records[key], at = value, end
    return records


def _size(records: dict[bytes, bytes], header: TarHeader, source: ByteSource) -> int:
    stated = records.get(b"size", b"%d" % header.size)
    if not stated.isdigit() or any(key.startswith(b"GNU.sparse") for key in records):
        raise refused(f"{source.name} has a member without a plain size, before byte {source.taken}.")
    return int(stated)


def _parsed(block: bytes, source: ByteSource) -> TarHeader:
    summed = sum(block) - sum(block[_CHECKSUM]) + 8 * ord(" ")
    size = _number(block[124:136])
    if _number(block[_CHECKSUM]) != summed or size is None:
        raise _damaged(source)
    name, prefix = block[:100].partition(b"\0")[0], b""
    if block[MAGIC_AT : MAGIC_AT + 6] == b"ustar\0":
        prefix = block[345:500].partition(b"\0")[0]
    return TarHeader(prefix + b"/" + name if prefix else name, size, block[156:157])


def _number(field: bytes) -> int | None:
    """Return a number in octal digits, or in GNU's binary form, whose first byte is 128."""
    if field[0] == 128:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    return int(digits, 8) if re.fullmatch(b"[0-7]+", digits) else None
