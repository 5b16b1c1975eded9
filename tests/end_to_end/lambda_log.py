"""Judges lines by the JSON format of Lambda's log ("Log and application log formats", AWS Lambda Developer Guide)."""

import json
from collections.abc import Sequence
from datetime import datetime


def unreadable(lines: Sequence[str]) -> list[str]:
    """Return the lines that are neither metrics nor a log line with a level and a time that Lambda understands."""
    return [line for line in lines if not _is_readable(line)]


def _is_readable(line: str) -> bool:
    try:
        members = json.loads(line)
    except ValueError:
        return False
    if not isinstance(members, dict):
        return False
    if "_aws" in members:
        return isinstance(members["_aws"].get("Timestamp"), int) and bool(members["_aws"].get("CloudWatchMetrics"))
    return members.get("level") in {"DEBUG", "INFO", "WARN", "WARNING", "ERROR"} and _is_time(members.get("timestamp"))


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
