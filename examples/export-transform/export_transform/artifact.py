"""Read the files of an export to their end before anything is sent, and decide whether they are complete."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple

from export_transform.byte_source import Readable
from export_transform.limits import Limits

Expect = Literal["any", "some", "counter"]
"""How many records an export must have: any number, at least one, or exactly those that the job counted."""


class ExportFile(NamedTuple):
    """A file of an export: its name (a label), and a function that opens it from its beginning."""

    name: str
    open: Callable[[], AbstractContextManager[Readable]]


class FileFacts(NamedTuple):
    """What a file was when it was checked: size in bytes, SHA-256 (hex), and how many parts and records it has."""

    name: str
    size: int
    sha256: str
    parts: int
    records: int


class Artifact(NamedTuple):
    """A complete export."""

    files: tuple[FileFacts, ...]
    records: int


def check(files: Iterable[ExportFile], expect: Expect, counted: int | None, limits: Limits) -> Artifact:
    """Read all files to their end, and return what they are. `counted` is the job's counter, which `counter` needs.

    Raise ArtifactError: `artifact-missing` without files or records, if some are expected; `artifact-incomplete` if
    the records are not as many as the job counted; and those of `open_parts` and `cut_records`.
    """
    raise NotImplementedError


class CheckedStream:
    """A file that is read again: its bytes must be those that were checked."""

    def __init__(self, stream: Readable, facts: FileFacts) -> None:
        raise NotImplementedError

    def read(self, size: int, /) -> bytes:
        """Return bytes as the stream does. At the end raise ArtifactError `artifact-incomplete` if the file changed."""
        raise NotImplementedError
