"""The audit: one JSON line for each change that an operator's command makes, kept by log group and file. Reads none.

"PutLogEvents", Amazon CloudWatch Logs API Reference: lines in the order of time, those of two hours from now refused.
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

# Of what a killed command changed, at most so much is not in the audit.
BATCH: Final = 10

_LONGEST_TEXT: Final = 1024
_MOST_VALUES: Final = 20


class AuditLine(NamedTuple):
    """A line of the audit, and its time, milliseconds since 1970."""

    at: int
    text: str


class Sink(Protocol):
    """Where lines are kept. `where` names it for people."""

    where: str

    def write(self, lines: Sequence[AuditLine]) -> None:
        """Returns once they are kept. Raises FailedError."""


class LogGroupSink:
    """A log group, in a stream of this run's own, which is made with the first lines."""

    def __init__(self, logs: "CloudWatchLogsClient", group: str, command: str, at: float) -> None:
        self._logs = logs
        self._group = group
        self._stream = f"{command}-{rfc3339(at).replace(':', '')}-{secrets.token_hex(4)}"  # no colon, by AWS' rule
        self._is_made = False
        self.where = f"the log group {group}"

    def write(self, lines: Sequence[AuditLine]) -> None:
        """As Sink says. So few and short lines are far below the limits of a call."""
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
            raise FailedError(f"Cannot write the audit log to {self.where}: AWS answered {code}.") from None
        if answer.get("rejectedLogEventsInfo"):
            raise FailedError(f"Cannot write the audit log to {self.where}: AWS rejected the time of its lines.")


class FileSink:
    """A file, made for its owner alone, or appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.where = f"the file {path}"

    def write(self, lines: Sequence[AuditLine]) -> None:
        """As Sink says; on the disk, not only on its way there."""
        try:
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
                # half a pair of surrogates, as of a command line that is no UTF-8, as JSON escapes it
                file.write("".join(f"{line.text}\n" for line in lines).encode("utf-8", "backslashreplace"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise FailedError(f"Cannot write the audit log to {self.where}: {error.strerror}.") from None


class Audit:
    """Lines of one run, each with `facts` (who, command, account, …), written to all sinks in batches."""

    def __init__(self, sinks: Sequence[Sink], facts: Mapping[str, Any], clock: Clock) -> None:
        self._sinks = sinks
        self._facts = facts
        self._clock = clock
        self._lines: list[AuditLine] = []

    def record(self, message: str, **facts: Any) -> None:
        """Adds a line, and writes when ten are waiting. Raises FailedError when they cannot be kept."""
        now = self._clock()
        line = {"time": rfc3339(now), "message": message} | {name: _short(fact) for name, fact in facts.items()}
        self._lines.append(AuditLine(int(now * 1000), json.dumps(line | dict(self._facts), ensure_ascii=False)))
        if len(self._lines) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Writes what is waiting. Raises FailedError when it cannot be kept; it waits on then, for another try."""
        if self._lines:
            for sink in self._sinks:
                sink.write(self._lines)
            self._lines = []


def _short(fact: Any) -> Any:
    """Of what an operator typed, at any length, the beginning: a line has its limits."""
    if isinstance(fact, Mapping):
        return {name: _short(value) for name, value in fact.items()}
    if isinstance(fact, (list, tuple)):
        return [_short(value) for value in fact[:_MOST_VALUES]]
    return fact[:_LONGEST_TEXT] if isinstance(fact, str) else fact
