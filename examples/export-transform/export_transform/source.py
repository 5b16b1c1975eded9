"""What the steps need of a place that has the files of an export, and which of its files belong to a job."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import PurePosixPath
from typing import BinaryIO, Final, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from export_transform.export_input import ExportInput

_UNFINISHED: Final = (".part", ".tmp", ".filepart")


class SourceFile(BaseModel):
    """A file as a listing shows it. `tag` changes with its content: the ETag in S3, the time on an SFTP server.

    `name` is the whole key or path, `size` is in bytes, `modified` in seconds since 1970.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    size: int
    tag: str
    modified: float


class Source(Protocol):
    """A place with files. `is_atomic` says whether a file appears only when it is whole."""

    is_atomic: bool

    def files(self, prefix: str) -> Iterable[SourceFile]:
        """Return the files whose names start like this. Iterating raises Transient, Permanent."""

    def open(self, file: SourceFile) -> AbstractContextManager[BinaryIO]:
        """Return the bytes of the file. Reading raises FileChangedError if it is not the listed one, and Transient."""


class FileChangedError(Exception):
    """A file is not the one that was listed or checked: it was replaced or removed."""


class Selection(NamedTuple):
    """The files of a job in the order of their names, how many links it has, and how many of them have no file."""

    files: tuple[SourceFile, ...]
    links: int
    missing: int


def files_of_job(listed: Iterable[SourceFile], given: ExportInput) -> Selection:
    """Return the files of a job: those that it links if the route names links, else all since it started."""
    current = [each for each in listed if each.modified >= given.not_before.timestamp() and not _is_unfinished(each)]
    names = given.job.linked_names(given.export.links)
    if given.export.links:
        current = [each for each in current if any(_is_of(each, name) for name in names)]
    missing = sum(not any(_is_of(each, name) for each in current) for name in names)
    return Selection(tuple(sorted(current, key=lambda each: each.name)), len(names), missing)


def _is_of(file: SourceFile, name: str) -> bool:
    """Return whether a file has a linked name: the whole one, or its start as of `NAME_1.xml` and `NAME.tar.gz`."""
    label = _label(file)
    return label == name or label.startswith((f"{name}_", f"{name}."))


def _is_unfinished(file: SourceFile) -> bool:
    label = _label(file)
    return not label or label.startswith(".") or label.lower().endswith(_UNFINISHED)


def _label(file: SourceFile) -> str:
    return "" if file.name.endswith("/") else PurePosixPath(file.name).name
