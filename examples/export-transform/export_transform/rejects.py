"""Write the file of rejects: one JSON object a line."""

from export_transform.records import Reject


def reject_line(reject: Reject) -> bytes:
    """Return the line, with its line feed: file, part, number, offset, control_number, reason, detail."""
    raise NotImplementedError
