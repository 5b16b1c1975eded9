"""Write the audit log: one JSON line for each change that an operator's command makes, to a log group and a file.

"PutLogEvents", Amazon CloudWatch Logs API Reference: lines are in the order of time and at most two hours ahead.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from ingest.envelope import rfc3339
from scripts.aws.clock import Clock
from scripts.cli.exit_codes import FailedError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

# The number of lines that a killed command can lose.
BATCH: Final = 10

_LONGEST_TEXT: Final = 1024
_MOST_VALUES: Final = 20


class AuditLine(NamedTuple):
    """A line of the audit log, and its time in milliseconds since 1970."""

    at: int
    text: str


class Sink(Protocol):
    """A place that stores lines. `where` names it for people."""

    where: str

    def write(self, lines: Sequence[AuditLine]) -> None:
        """Store the lines. Raise FailedError if that fails."""


class LogGroupSink:
    """A log group. Each run writes to a log stream of its own, created with the first lines."""

    def __init__(self, logs: "CloudWatchLogsClient", group: str, command: str, at: float) -> None:
        self._logs = logs
        self._group = group
        self._stream = f"{command}-{rfc3339(at).replace(':', '')}-{secrets.token_hex(4)}"  # AWS allows no colon
        self._is_made = False
        self.where = f"the log group {group}"

    def write(self, lines: Sequence[AuditLine]) -> None:
        """Store the lines in one call. Their number and length are far below its limits."""
        names: dict[str, str] = {"logGroupName": self._group, "logStreamName": self._stream}
        try:
            if not self._is_made:
                with contextlib.suppress(self._logs.exceptions.ResourceAlreadyExistsException):
                    self._logs.create_log_stream(**names)  # the SDK may repeat a call whose answer was lost
                self._is_made = True
            events = [{"timestamp": line.at, "message": line.text} for line in sorted(lines, key=lambda line: line.at)]
            answer = self._logs.put_log_events(**names, logEvents=events)  # type: ignore[arg-type] # one dict for both
        except (ClientError, BotoCoreError) as error:
            code = error.response["Error"].get("Code") if isinstance(error, ClientError) else type(error).__name__
            raise FailedError(f"Cannot write the audit log to {self.where}: AWS returned {code}.") from None
        if answer.get("rejectedLogEventsInfo"):
            raise FailedError(f"Cannot write the audit log to {self.where}: AWS rejected the time of its lines.")


class FileSink:
    """A file that only its owner can read. An existing file is appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.where = f"the file {path}"

    def write(self, lines: Sequence[AuditLine]) -> None:
        """Append the lines and flush them to the disk."""
        try:
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
                # a command line that is not UTF-8 contains lone surrogates: escape them
                file.write("".join(f"{line.text}\n" for line in lines).encode("utf-8", "backslashreplace"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise FailedError(f"Cannot write the audit log to {self.where}: {error.strerror}.") from None


class Audit:
    """The lines of one run, written to all sinks in batches. Each has the `facts` (who, command, account, …)."""

    def __init__(self, sinks: Sequence[Sink], facts: Mapping[str, Any], clock: Clock) -> None:
        self._sinks = sinks
        self._facts = facts
        self._clock = clock
        self._lines: list[AuditLine] = []

    def record(self, message: str, **facts: Any) -> None:
        """Add a line, and write when ten are waiting. Raise FailedError if they cannot be written."""
        now = self._clock()
        line = {"time": rfc3339(now), "message": message} | {name: _short(fact) for name, fact in facts.items()}
        self._lines.append(AuditLine(int(now * 1000), json.dumps(line | dict(self._facts), ensure_ascii=False)))
        if len(self._lines) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write the waiting lines. Raise FailedError if that fails; they are kept for the next attempt."""
        if self._lines:
            for sink in self._sinks:
                sink.write(self._lines)
            self._lines = []


def _short(fact: Any) -> Any:
    """Return the value with long texts and lists cut, because the length of a line is limited."""
    if isinstance(fact, Mapping):
        return {name: _short(value) for name, value in fact.items()}
    if isinstance(fact, (list, tuple)):
        return [_short(value) for value in fact[:_MOST_VALUES]]
    return fact[:_LONGEST_TEXT] if isinstance(fact, str) else fact
