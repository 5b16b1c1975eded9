"""Cut the records out of a stream of MARCXML, so that a bad one does not hide those after it."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from export_transform.containers import Member
from export_transform.limits import Limits

Reason = Literal[
    "bad-field",
    "bad-leader",
    "control-character",
    "no-control-number",
    "no-leader",
    "no-record",
    "not-utf-8",
    "not-well-formed",
    "too-large",
    "too-long-for-binary-marc",
    "transform-failed",
    "wrong-namespace",
]
"""Why a record is rejected: a closed list. `no-record` is an OAI wrapper that is not deleted and contains no record."""


class Position(NamedTuple):
    """Where a record is: the file, its part (the member of an archive), and its number and byte offset in the part.

    The first record of a part has the number 1. The offset counts the bytes of the XML, after decompression. The same
    file gives the same positions each time.
    """

    file: str
    part: str
    number: int
    offset: int


class Reject(NamedTuple):
    """A record that is not sent. `detail` is the class of an exception or the name of an element, never text of it."""

    position: Position
    reason: Reason
    control_number: str | None = None
    detail: str = ""


class CutRecord(NamedTuple):
    """The bytes of one record, from `<record` to `</record>`, or of the header of a record that OAI says is deleted.

    `context` is a start tag with the namespaces that were declared around it. `is_deleted` is what an OAI header says.
    """

    position: Position
    data: bytes
    context: bytes
    is_deleted: bool


def cut_records(file: str, member: Member, limits: Limits) -> Iterator[CutRecord | Reject]:
    """Yield each record of a part in order, and a Reject for each that can be counted but not cut.

    Records have the namespace of MARC under any prefix, or none. A record of OAI is a wrapper: it counts once, with the
    record in it. Memory is bounded by the limits, whatever the stream contains.

    Raise ArtifactError: `artifact-truncated` if the XML ends early, `artifact-refused` if it contains a DOCTYPE, is
    not XML, or is not encoded in UTF-8.
    """
    raise NotImplementedError
