"""Read the log lines of one request from the log groups of ingest, the processor and the audit.

"Filter pattern syntax", Amazon CloudWatch Logs User Guide.
"""

from typing import Any, Final, NamedTuple

from scripts.aws.context import StackContext
from scripts.aws.logs import log_errors_explained, log_groups_of, members_of, pages
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.progress import LogProgress

# The longest receipt ID of an envelope.
_LONGEST_ID: Final = 256

_PERMISSION: Final = "logs:FilterLogEvents"


class LogLine(NamedTuple):
    """A log line: its time (`at`, milliseconds since 1970), the log's name, and the members of its JSON."""

    at: int
    log: str
    members: dict[str, Any]


def request_lines(scope: StackContext, receipt_id: str, since: int, until: int, progress: LogProgress) -> list[LogLine]:
    """Return all lines with this receipt ID, by time; lines of the same time in the order ingest, processor, audit.

    Raise ConfigurationError for an invalid ID, FailedError if a log group is missing or access to it is denied, and
    botocore's errors.
    """
    pattern = pattern_for(receipt_id)
    found: dict[tuple[int, str, str], LogLine] = {}
    for log, group in log_groups_of(scope)._asdict().items():
        if not group:
            continue
        progress(group, 0, 0)
        with log_errors_explained(
            group, _PERMISSION, ": deploy the template of this version first, or check the region"
        ):
            for page in pages(scope.aws.logs, group, pattern, since, until):
                for event in page:
                    if members := _about(receipt_id, event["message"]):
                        line = LogLine(event["timestamp"], log, members)
                        found.setdefault((line.at, log, event["message"]), line)
                progress(group, len(found), max([0, *(event["timestamp"] for event in page)]))
    return sorted(found.values(), key=lambda line: line.at)


def pattern_for(receipt_id: str) -> str:
    """Return the filter pattern for this receipt ID. Raise ConfigurationError if it cannot be a receipt ID."""
    if not receipt_id or len(receipt_id) > _LONGEST_ID or not receipt_id.isprintable():
        raise ConfigurationError(f"ID must be a receipt ID of at most {_LONGEST_ID} printable characters.")
    escaped = receipt_id.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{ $.receipt_id = "{escaped}" }}'


def _about(receipt_id: str, text: str) -> dict[str, Any] | None:
    """Return the members of a line that has exactly this receipt ID.

    The filter pattern may match more: AWS treats a star in the ID as a wildcard, and the emulator returns all lines.
    """
    members = members_of(text)
    return members if members.get("receipt_id") == receipt_id else None
