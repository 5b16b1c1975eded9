"""Read the files of an export to their end before anything is sent, and decide whether they are complete."""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple

from export_transform.byte_source import ByteSource, Readable
from export_transform.causes import ArtifactError, truncated
from export_transform.containers import open_members
from export_transform.limits import Limits
from export_transform.record_cutter import cut_records

Expect = Literal["any", "some", "counter"]
"""How many records an export must have: any number, at least one, or exactly those that the job counted."""


class ExportFile(NamedTuple):
    """A file of an export: its name (a label), and a function that opens it from its beginning."""

    name: str
    open: Callable[[], AbstractContextManager[Readable]]


class FileFacts(NamedTuple):
    """What a file was when it was checked: size in bytes, SHA-256 (hex), and how many members and records it has."""

    name: str
    size: int
    sha256: str
    members: int
    records: int


class Artifact(NamedTuple):
    """A complete export: its files, and how many records they have, rejected and deleted ones included."""

    files: tuple[FileFacts, ...]
    records: int


class HashedStream:
    """A stream that computes size and SHA-256 of what is read."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """The digest in hexadecimal digits."""
        return self._hash.hexdigest()

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, as the stream does."""
        data = self._stream.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data


class CheckedStream:
    """A file that is read again: its bytes must be those that were checked."""

    def __init__(self, stream: Readable, facts: FileFacts) -> None:
        self._stream = HashedStream(stream)
        self._facts = facts

    def read(self, size: int, /) -> bytes:
        """Return bytes as the stream does. Raise ArtifactError `artifact-incomplete` at the latest at a changed end."""
        data = self._stream.read(size)
        is_longer = self._stream.size > self._facts.size
        is_at_end = not data and size > 0
        if is_longer or (is_at_end and self._stream.sha256 != self._facts.sha256):
            raise ArtifactError("artifact-incomplete", f"{self._facts.name} was changed after it was checked.")
        return data


def check(files: Iterable[ExportFile], expect: Expect, counted: int | None, limits: Limits) -> Artifact:
    """Read all files to their end, and return what they are. `counted` is the job's counter, which `counter` needs.

    Raise ArtifactError: `artifact-missing` without files or records, if some are expected; `artifact-incomplete` if
    the records are not as many as the job counted; and those of `open_members` and `cut_records`. A file of zero bytes
    is truncated, unless the job counted no record. Raise ValueError if `counter` is expected without a counter.
    """
    if expect == "counter" and counted is None:
        raise ValueError(
            "The event has no counter to compare the export with. Name another one, or expect any or some."
        )
    facts = tuple(_facts(file, limits) for file in files)
    records = sum(each.records for each in facts)
    wanted = counted if expect == "counter" else None
    for each in facts:
        if not each.size and wanted != 0:
            raise truncated(f"{each.name} is empty.")
    if not records and (expect == "some" or wanted):
        raise ArtifactError("artifact-missing", "The export has no records.")
    if wanted not in (None, records):
        raise ArtifactError("artifact-incomplete", f"The export has {records} records, and the job counted {wanted}.")
    return Artifact(facts, records)


def _facts(file: ExportFile, limits: Limits) -> FileFacts:
    with file.open() as stream:
        hashed, members, records = HashedStream(stream), 0, 0
        source = ByteSource(hashed, file.name)
        for member in open_members(source, file.name, limits) if source.peek(1) else ():
            members += 1
            records += sum(1 for _ in cut_records(file.name, member, limits))
    return FileFacts(file.name, hashed.size, hashed.sha256, members, records)
