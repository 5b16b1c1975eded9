"""Write a record as binary MARC, for transforms that need it."""

from typing import Final

from pymarc import Record

MOST_RECORD_BYTES: Final = 99_999
"""The leader has five digits for the length of a record (page "MARC 21 Specifications: Record Structure")."""

MOST_FIELD_BYTES: Final = 9_999
"""The directory has four digits for the length of a field (the same page)."""


class TooLongForBinaryMarcError(Exception):
    """A record or one of its fields is longer than binary MARC can state."""


def binary_marc(record: Record) -> bytes:
    """Return the record as binary MARC in UTF-8. Raise TooLongForBinaryMarcError: pymarc writes what nothing can read.

    A field or record that is one byte too long shifts everything that follows it in a file.
    """
    data: bytes = record.as_marc()
    if len(data) > MOST_RECORD_BYTES or any(len(field.as_marc("utf-8")) > MOST_FIELD_BYTES for field in record.fields):
        raise TooLongForBinaryMarcError
    return data
