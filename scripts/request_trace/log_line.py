"""Define a log line of a request."""

from typing import Any, NamedTuple


class LogLine(NamedTuple):
    """A log line: its time (`at`, milliseconds since 1970), the log's name, and the members of its JSON."""

    at: int
    log: str
    members: dict[str, Any]
