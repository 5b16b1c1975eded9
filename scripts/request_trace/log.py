"""Reads what a stack's logs say of one request: ingest's, the processor's and the audit's lines. Judges none.

"Filter pattern syntax", Amazon CloudWatch Logs User Guide.
"""

from typing import Any, Final, NamedTuple

from scripts.aws.context import StackContext
from scripts.aws.logs import log_errors_explained, log_groups_of, members_of, pages
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.progress import LogProgress

# As long as an envelope's.
_LONGEST_ID: Final = 256

_RIGHT: Final = "logs:FilterLogEvents"


class LogLine(NamedTuple):
    """A line about the request: when (milliseconds since 1970), whose log, and what it says."""

    at: int
    log: str
    members: dict[str, Any]


def request_lines(scope: StackContext, receipt_id: str, since: int, until: int, progress: LogProgress) -> list[LogLine]:
    """All lines with this receipt id, by time; those of one time by the way that an event takes.

    Raises ConfigurationError, FailedError when a log group is not there or may not be read, botocore's errors.
    """
    pattern = pattern_for(receipt_id)
    found: dict[tuple[int, str, str], LogLine] = {}
    for log, group in log_groups_of(scope)._asdict().items():
        if not group:
            continue
        progress(group, 0, 0)
        with log_errors_explained(group, _RIGHT, ": deploy this version's template first, or see to the region"):
            for page in pages(scope.aws.logs, group, pattern, since, until):
                for event in page:
                    if members := _about(receipt_id, event["message"]):
                        line = LogLine(event["timestamp"], log, members)
                        found.setdefault((line.at, log, event["message"]), line)
                progress(group, len(found), max([0, *(event["timestamp"] for event in page)]))
    return sorted(found.values(), key=lambda line: line.at)


def pattern_for(receipt_id: str) -> str:
    """The filter pattern of the lines with this receipt id. Raises ConfigurationError for what can be none."""
    if not receipt_id or len(receipt_id) > _LONGEST_ID or not receipt_id.isprintable():
        raise ConfigurationError(f"ID takes a receipt id, of at most {_LONGEST_ID} printable characters.")
    escaped = receipt_id.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{ $.receipt_id = "{escaped}" }}'


def _about(receipt_id: str, text: str) -> dict[str, Any] | None:
    """The members of a line with this very receipt id: AWS takes a star in it for anything, the emulator takes all."""
    members = members_of(text)
    return members if members.get("receipt_id") == receipt_id else None
