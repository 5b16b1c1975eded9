"""The log of ingest: JSON lines on standard output. Callers must not pass any content of a request.

`logging` is not used, because its import would slow down a cold start.
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
    """Write one line without empty facts.

    Lambda reads its level and timestamp ("Log-level filtering", AWS Lambda Developer Guide).
    """
    line = {"timestamp": rfc3339(time.time()), "level": level, "message": message}
    present = {name: fact for name, fact in facts.items() if fact not in (None, "")}
    print(json.dumps(line | present), flush=True)  # noqa: T201 - standard output is the function's log


def level_of(status: int) -> Level:
    """Return the level for a status: a 4XX is an error of the client, a 5XX one of ours."""
    if status >= _SERVER_ERRORS:
        return "ERROR"
    return "WARN" if status >= _CLIENT_ERRORS else "INFO"


def place_of(error: Exception) -> str:
    """Return the class of an exception and where it was raised. Its text can quote the request."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    file = trace.tb_frame.f_code.co_filename.rpartition(os.sep)[2] if trace else "?"
    return f"{type(error).__name__} at {file}:{trace.tb_lineno if trace else 0}"
