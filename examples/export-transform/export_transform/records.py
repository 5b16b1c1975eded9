"""Records that were cut out of an export, and those that are rejected, with their positions."""

import re
from typing import Literal, NamedTuple

# All repetitions have a bound, so that bytes that look like it again and again take no longer than others.
_CONTROL_NUMBER = re.compile(
    rb"""<(?:[\w.-]{,99}:)?controlfield\s[^<>]{,99}?tag\s{,9}=\s{,9}["']001["'][^<>]{,99}>"""
    rb"""\s{,99}([\w.:-]{1,64})\s{,99}<""",
    re.ASCII,
)


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
    """Where a record is: the file, its member (one XML file in it), and its number and byte offset in the member.

    The first record of a member has the number 1. The offset counts the bytes of the XML, after decompression. The same
    file gives the same positions each time.
    """

    file: str
    member: str
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


def readable_control_number(data: bytes) -> str | None:
    """Return the content of the field 001 in the bytes of a record that cannot be parsed, or None."""
    found = _CONTROL_NUMBER.search(data)
    return found[1].decode("ascii") if found else None
