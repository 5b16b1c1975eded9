"""JSON bodies of requests: written once, in UTF-8; and answers, which may be anything."""

import json
from collections.abc import Mapping
from typing import Any


def json_bytes(members: Mapping[str, Any]) -> bytes:
    """Return the members as compact JSON in UTF-8."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def json_members(body: str | bytes) -> dict[str, Any]:
    """Return the members of a JSON object, or none if the body is anything else."""
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}
