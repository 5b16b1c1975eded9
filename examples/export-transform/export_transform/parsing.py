"""Parse one record that was cut out, and read what every transform needs of it."""

from typing import Literal

from pymarc import Record

from export_transform.records import CutRecord, Reject

Status = Literal["new", "updated", "deleted", "other"]
"""What a record's leader says of it, position 5: n is new, c is updated, d is deleted."""


def parse(cut: CutRecord) -> Record | Reject:
    """Return the record, or why it cannot be parsed.

    A record that OAI says is deleted has the letter d in its leader. If there was only its header, the record has
    the field 001 alone, with the last part of the OAI identifier.
    """
    raise NotImplementedError


def status_of(record: Record) -> Status:
    """Return the status of a record by its leader."""
    raise NotImplementedError


def control_number(record: Record) -> str:
    """Return the content of the field 001 of a record that `parse` returned, without white space around it."""
    raise NotImplementedError
