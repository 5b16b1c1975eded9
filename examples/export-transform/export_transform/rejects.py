"""Write the file of rejects: one JSON object a line."""

import json

from export_transform.records import Reject


def reject_line(reject: Reject) -> bytes:
    """Return the line, with its line feed: file, member, number, offset, control_number, reason and detail."""
    rest = {"control_number": reject.control_number, "reason": reject.reason, "detail": reject.detail}
    return json.dumps(reject.position._asdict() | rest).encode() + b"\n"
