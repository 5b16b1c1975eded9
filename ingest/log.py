"""Ingest's log: one JSON line at a time on standard output. Knows no request; what it is given must hold no content.

Not `logging`: a cold start would pay for its import.
"""

from __future__ import annotations

import json
import os
import time

from ingest.envelope import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ingest.literals import Level

_CLIENT_ERRORS, _SERVER_ERRORS = 400, 500  # and above


def log(level: Level, message: str, **facts: object) -> None:
    """Writes one line; facts that are empty are left out.

    Lambda takes it as it is for its level and timestamp ("Log-level filtering", AWS Lambda Developer Guide).
    """
    line = {"timestamp": rfc3339(time.time()), "level": level, "message": message}
    told = {name: fact for name, fact in facts.items() if fact not in (None, "")}
    print(json.dumps(line | told), flush=True)  # noqa: T201 - standard output is the function's log


def level_of(status: int) -> Level:
    """What an answer is to whoever runs this: a 4XX is the client's affair, a 5XX is ours."""
    if status >= _SERVER_ERRORS:
        return "ERROR"
    return "WARN" if status >= _CLIENT_ERRORS else "INFO"


def place_of(error: Exception) -> str:
    """An exception's class and where it was raised. Not its text, which can quote what was sent."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    file = trace.tb_frame.f_code.co_filename.rpartition(os.sep)[2] if trace else "?"
    return f"{type(error).__name__} at {file}:{trace.tb_lineno if trace else 0}"
