"""The transform of this library: replace it with yours. The samples in tests/examples/export_transform show its output.

A function returns what is sent for a record: an object for JSON, text, bytes, or None to leave the record out. It must
return the same for the same record each time, so no time and nothing random.
"""

from typing import Any

from pymarc import Record

from export_transform.parsing import control_number

_KEPT_TAGS = ("020", "022")


def transform(record: Record) -> dict[str, Any]:
    """Return the document of a record for a search index. An exception rejects the record, and no other."""
    return {
        "id": control_number(record),
        "title": _text(record, "245", "a", "b"),
        "creator": _text(record, "100", "a") or _text(record, "110", "a"),
        "identifiers": [field["a"] for field in record.get_fields(*_KEPT_TAGS) if "a" in field],
    }


def delete(record: Record) -> dict[str, Any]:
    """Return what is sent for a record that was deleted. It may have nothing but its control number."""
    return {"delete": {"id": control_number(record)}}


def _text(record: Record, tag: str, *codes: str) -> str:
    fields = record.get_fields(tag)
    return " ".join(fields[0].get_subfields(*codes)).strip(" /:,.") if fields else ""
