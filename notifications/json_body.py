"""JSON bodies of requests: written once, in UTF-8; and answers and lines of logs, which may be anything."""

import json
from collections.abc import Mapping
from typing import Any


def json_bytes(members: Mapping[str, Any]) -> bytes:
    """Return the members as compact JSON in UTF-8."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def json_members(text: str | bytes) -> dict[str, Any]:
    """Return the members of a JSON object, or none if the text is anything else."""
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}
