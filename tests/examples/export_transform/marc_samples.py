"""Invented MARCXML, and files of it in every container."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterable, Iterator

from export_transform.byte_source import ByteSource
from export_transform.containers import Member, open_members
from export_transform.limits import Limits
from export_transform.record_cutter import cut_records
from export_transform.records import CutRecord, Reason, Reject

LEADER = "00000nam a2200000 a 4500"
BEGIN = b'<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="http://www.loc.gov/MARC21/slim">\n'
END = b"\n</collection>\n"
LIMITS = Limits()


def record(number: int, leader: str = LEADER, title: str = "A title") -> bytes:
    """Return a record with a leader, a control number and a title."""
    return (
        f'<record><leader>{leader}</leader><controlfield tag="001">99{number:06}</controlfield>'
        f'<datafield tag="245" ind1="1" ind2="0"><subfield code="a">{title} {number}</subfield></datafield></record>'
    ).encode()


def document(records: Iterable[bytes]) -> bytes:
    return BEGIN + b"\n".join(records) + END


def records(count: int) -> bytes:
    return document(record(number) for number in range(1, count + 1))


class Chunked:
    """A stream that gives bytes in chunks of these sizes, again and again."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self.rest = data
        self._sizes = sizes
        self._reads = 0

    def read(self, size: int, /) -> bytes:
        size = min(size, self._sizes[self._reads % len(self._sizes)])
        self._reads += 1
        data, self.rest = self.rest[:size], self.rest[size:]
        return data


class Generated:
    """A stream of pieces that are made while it is read, so that no test holds the whole of it."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = filter(None, pieces)
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        data = self._rest or next(self._pieces, b"")
        data, self._rest = data[:size], data[size:]
        return data


def cut(data: bytes, limits: Limits = LIMITS) -> list[CutRecord | Reject]:
    return list(cut_records("export.xml", Member("member", io.BytesIO(data)), limits))


def contents(data: bytes, limits: Limits = LIMITS) -> list[tuple[str, bytes]]:
    """Return name and content of each member of a file."""
    found = []
    for member in open_members(io.BytesIO(data), "export", limits):
        source = ByteSource(member.stream, member.name)
        found.append((member.name, b"".join(iter(lambda source=source: source.read(1000), b""))))  # type: ignore[misc]
    return found


def tar(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar file that ends with its end mark, without the padding that may follow it."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, data in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
        end = archive.offset + 2 * tarfile.BLOCKSIZE
    return file.getvalue()[:end]


class Unseekable(io.RawIOBase):
    """A file that cannot seek, so that the sizes of a zip member follow it."""

    def __init__(self, file: io.BytesIO) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        return self._file.write(data)  # type: ignore[arg-type] # ZipFile writes bytes


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, *, is_piped: bool = False) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(Unseekable(file) if is_piped else file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


TWO_PARTS = {"1.xml": records(30), "2.xml": records(20)}
FIFTY = records(50)
CONTAINERS = {
    "plain": FIFTY.rstrip(),
    "gzip": gzipped(FIFTY),
    "gzip of three members": gzipped(FIFTY[:400]) + gzipped(FIFTY[400:900]) + gzipped(FIFTY[900:]),
    "zip": zipped(TWO_PARTS),
    "zip, written to a pipe": zipped(TWO_PARTS, is_piped=True),
    "zip, not compressed": zipped(TWO_PARTS, zipfile.ZIP_STORED),
    "tar": tar(TWO_PARTS),
    "tar of GNU": tar(TWO_PARTS, tarfile.GNU_FORMAT),
    "tar.gz": gzipped(tar(TWO_PARTS)),
}
"""Files of an export with fifty records, without padding after their end mark."""

LEADER_FIELD = f"<leader>{LEADER}</leader>".encode()
BAD: dict[str, tuple[bytes, Reason]] = {
    "a leader of the wrong length": (record(7, leader=LEADER[1:]), "bad-leader"),
    "no leader": (record(7).replace(b"leader", b"leaden"), "bad-field"),
    "a leader that is missing": (record(7).replace(LEADER_FIELD, b""), "no-leader"),
    "a field without a tag": (record(7).replace(b' tag="245"', b""), "bad-field"),
    "a control field without a tag": (record(7).replace(b' tag="001"', b""), "bad-field"),
    "a tag of two characters": (record(7).replace(b' tag="245"', b' tag="24"'), "bad-field"),
    "a subfield without a code": (record(7).replace(b' code="a"', b""), "bad-field"),
    "a data field with the tag of a control field": (record(7).replace(b' tag="245"', b' tag="003"'), "bad-field"),
    "a control character": (record(7, title="a\x01b"), "control-character"),
    "a reference to a control character": (record(7, title="a&#1;b"), "control-character"),
    "a byte that is not UTF-8": (record(7, title="~~").replace(b"~~", b"\xff"), "not-utf-8"),
    "an element that is not closed": (record(7, title="<b>"), "not-well-formed"),
    "an entity that is not declared": (record(7, title="&nbsp;"), "not-well-formed"),
    "no control number": (record(7).replace(b"99000007", b""), "no-control-number"),
    "a control number that is missing": (b"<record>" + LEADER_FIELD + b"</record>", "no-control-number"),
    "an empty record": (b"<record/>", "no-leader"),
    "a prefix that is not declared": (record(7, title="<m:b/>"), "not-well-formed"),
    "another namespace": (
        record(7).replace(b"<subfield", b'<subfield xmlns="http://www.example.org/"'),
        "wrong-namespace",
    ),
}
"""Records that cannot be parsed, by what is wrong with them, and the reason of their reject."""
