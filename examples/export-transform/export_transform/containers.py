"""Read the XML files of an export out of their container: plain XML, gzip, zip, tar or tar.gz, as a stream."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from export_transform.byte_source import ByteSource, Expansion, Readable, drain
from export_transform.causes import ArtifactError, refused, truncated
from export_transform.inflate import GzipStream
from export_transform.limits import Limits
from export_transform.tar_members import BLOCK, MAGIC_AT, tar_members
from export_transform.zip_members import END, LOCAL, zip_members

_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Member(NamedTuple):
    """One XML file. `name` is a label, never a path: the member's in an archive, else that of the file itself."""

    name: str
    stream: Readable


def open_members(stream: Readable, name: str, limits: Limits) -> Iterator[Member]:
    """Yield each XML file in a file of an export; its kind is known by its first bytes, not by its name.

    The stream of a member can be read until the next one is taken. What is left of it is then read and checked. Only
    a caller that takes all members knows that the file is whole, because the end marks come last. Nothing is extracted
    to a path, and memory does not grow with the size of the file.

    Raise ArtifactError: `artifact-truncated` if the file ends before its end mark (also if it is empty), and
    `artifact-refused` if it breaks a limit, is damaged, has bytes after its end mark, or contains another archive,
    a link or an encrypted member.
    """
    source = ByteSource(stream, name)
    kind = _kind(source.peek(BLOCK))
    if kind == "gzip":
        source = ByteSource(GzipStream(source, Expansion(source, limits)), name)
        kind = _kind(source.peek(BLOCK))
        if kind in ("gzip", "zip"):
            raise _nested(name, name)
    if kind == "tar":
        yield from _xml_members(tar_members(source, limits), name)
    elif kind == "zip":
        yield from _xml_members(zip_members(source, limits), name)
    elif kind == "xml":
        yield Member(name, source)
        drain(source)
    elif len(source.peek(BLOCK)) < BLOCK:
        raise truncated(f"{name} ends after {len(source.peek(BLOCK))} bytes, before it is known what it is.")
    else:
        raise refused(f"{name} is not MARCXML in UTF-8, and not gzip, zip or tar. Binary MARC is not read.")


def _xml_members(members: Iterable[tuple[str, Readable]], file: str) -> Iterator[Member]:
    """Yield the members. Raise ArtifactError for one that is empty, an archive itself, or anything else than XML."""
    for name, content in members:
        stream = ByteSource(content, name)
        if _kind(stream.peek(BLOCK)) != "xml":
            raise _nested(name, file)
        yield Member(name, stream)


def _nested(name: str, file: str) -> ArtifactError:
    return refused(f"{name} in {file} is not XML. Archives in archives are not read, except tar in gzip.")


def _kind(first: bytes) -> Literal["xml", "gzip", "zip", "tar", "unknown"]:
    """Return what a file is by its first bytes."""
    if first.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"<"):
        return "xml"
    if first.startswith(_GZIP):
        return "gzip"
    if first.startswith((LOCAL, END)):
        return "zip"
    return "tar" if first[MAGIC_AT : MAGIC_AT + 5] == b"ustar" else "unknown"
