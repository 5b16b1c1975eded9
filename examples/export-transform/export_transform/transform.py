"""Load the library's own transform, a Python function or a Jinja2 template, and apply it to each record."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pymarc import Record

from export_transform.parsing import Status
from export_transform.records import CutRecord, Position, Reject

Output = bytes | str | dict[str, Any] | None
"""What a transform returns: bytes, text (UTF-8), an object for JSON, or None to skip the record."""


class Transform(NamedTuple):
    """The functions of a library: for records, and for those that are deleted."""

    transform: Callable[[Record], Output]
    delete: Callable[[Record], Output]


class Transformed(NamedTuple):
    """A record that is sent. `body` is None if the transform skips it. A deleted record has the status `deleted`."""

    position: Position
    control_number: str
    status: Status
    body: bytes | None


def load(path: Path) -> Transform:
    """Return the transform in a file: a Python module with `transform(record)`, or a Jinja2 template (`.j2`).

    Deleted records have a function of their own: `delete(record)` of the module, or the template beside
    `record.json.j2` that is called `record.delete.json.j2`. Without it, `default_delete` is used. A template sees
    `record` (pymarc), `status` and `control_number`. A name that is not defined rejects the record.

    Raise ValueError in one sentence if the file is missing, is neither, or has no function `transform`.
    """
    raise NotImplementedError


def default_delete(record: Record) -> Output:
    """Return the deletion of a record as JSON: its control number and the status `deleted`."""
    raise NotImplementedError


def transformed(cuts: Iterable[CutRecord | Reject], transform: Transform) -> Iterator[Transformed | Reject]:
    """Parse and transform each record; a failure of one is a Reject and never stops the rest."""
    raise NotImplementedError
