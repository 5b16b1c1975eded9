"""Read the log lines of one request from the log groups of a stack and of its notifications, and format them.

"Filter pattern syntax", Amazon CloudWatch Logs User Guide.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from notifications.json_body import json_members
from processor.codes import code
from scripts.aws.context import StackContext
from scripts.aws.errors import is_denied, suppress_if
from scripts.aws.logged_event import (
    failure_reason,
    failure_text,
    logged_deliveries,
    logged_text,
    outcome_of,
    partial_delivery,
)
from scripts.aws.logs import log_errors_explained, log_groups_of, pages
from scripts.aws.notifications_stack import log_groups_of_notifications, notifications_of
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.progress import LogProgress
from scripts.cli.terminal import escape
from scripts.cli.times import rfc3339_of
from scripts.request_trace.log_line import LogLine

# The longest receipt ID of an envelope.
_LONGEST_ID: Final = 256

_CONSEQUENCE: Final = ": deploy the template of this version first, or check the region"


def log_groups(scope: StackContext) -> dict[str, str]:
    """Return the log groups by the name of their log, those of the notifications included.

    Without the right to describe the stack of the notifications, the stage counts as one without them. Raise
    ConfigurationError if an output is missing, and botocore's errors.
    """
    notifications = None
    with suppress_if(is_denied):
        notifications = notifications_of(scope)
    own = log_groups_of(scope)
    more = log_groups_of_notifications(notifications) if notifications else {}
    groups = {"ingest": own.ingest, "processor": own.processor, **more, "audit": own.audit}
    return {log: group for log, group in groups.items() if group}


def request_lines(scope: StackContext, receipt_id: str, since: int, until: int, progress: LogProgress) -> list[LogLine]:
    """Return all lines with this receipt ID, by time; lines of the same time in the order of `log_groups`.

    Raise ConfigurationError for an invalid ID, FailedError if a log group is missing or access to it is denied, and
    botocore's errors.
    """
    pattern_for(receipt_id)  # before AWS is asked for the log groups
    found: list[LogLine] = []
    for log, group in log_groups(scope).items():
        found += lines_of_log(scope, LogGroup(log, group), receipt_id, (since, until), progress)
    return sorted(found, key=lambda line: line.at)


class LogGroup(NamedTuple):
    """The name of a log, and that of its log group."""

    log: str
    name: str


def lines_of_log(
    scope: StackContext, group: LogGroup, receipt_id: str, span: tuple[int, int], progress: LogProgress
) -> list[LogLine]:
    """Return the lines of one log with this receipt ID, each once; `span` in milliseconds. Raise as `request_lines`."""
    found: dict[tuple[int, str], LogLine] = {}
    progress(group.name, 0, 0)
    with log_errors_explained(group.name, "logs:FilterLogEvents", _CONSEQUENCE):
        for page in pages(scope.aws.logs, group.name, pattern_for(receipt_id), *span):
            for event in page:
                at, text = event["timestamp"], event["message"]
                members = json_members(text)
                # The filter pattern may match more: AWS treats a star in the ID as a wildcard, and the emulator
                # returns all lines.
                if members.get("receipt_id") == receipt_id:
                    found.setdefault((at, text), LogLine(at, group.log, members))
            progress(group.name, len(found), max([0, *(event["timestamp"] for event in page)]))
    return list(found.values())


def pattern_for(receipt_id: str) -> str:
    """Return the filter pattern for this receipt ID. Raise ConfigurationError if it cannot be a receipt ID."""
    if not receipt_id or len(receipt_id) > _LONGEST_ID or not receipt_id.isprintable():
        raise ConfigurationError(f"ID must be a receipt ID of at most {_LONGEST_ID} printable characters.")
    escaped = receipt_id.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{ $.receipt_id = "{escaped}" }}'


# The members of a line that the text shows, in this order; the others are shown elsewhere, or are the same in each.
_FACTS: Final = (
    *("profile", "secret", "bytes", "status", "reason", "detail", "action", "event"),
    *("channel", "topic", "integration", "type", "queued", "events", "parts", "receives", "seconds_away"),
    *("who", "command", "result", "duration_ms"),
)

_CODES: Final = frozenset({"action", "event"})


def as_data(line: LogLine) -> dict[str, Any]:
    """Return a line as JSON data: as it was logged, and how far a dead event was delivered."""
    partial = partial_delivery(line.members)
    return {
        "at": rfc3339_of(line.at),
        "log": line.log,
        "line": line.members,
        "partly_delivered": partial._asdict() if partial else None,
    }


def lines(found: Sequence[LogLine]) -> Iterator[str]:
    """Yield per log line its time, log, message, outcome and facts; below it each delivery. Every line is escaped."""
    for line in found:
        members = line.members
        what = " ".join(str(members[name]) for name in ("message", "outcome") if _is_present(members, name))
        if partial := partial_delivery(members):
            what += f" ({partial})"
        facts = ", ".join(f"{name} {_shown(members, name)}" for name in _FACTS if _is_present(members, name))
        yield escape(f"{rfc3339_of(line.at)}  {line.log:<9}  {what:<17}  {facts}".rstrip())
        results = [*map(_delivery, logged_deliveries(members))] or [failure_text(members.get("failure"))]
        yield from (escape(f"    {result}") for result in results if result)


def _shown(members: Mapping[str, Any], name: str) -> str:
    text = str(members[name])
    return code(text) if name in _CODES else text


def _is_present(members: Mapping[str, Any], name: str) -> bool:
    return isinstance(members.get(name), (str, int, float)) and members[name] != ""


def _delivery(delivery: Mapping[str, Any]) -> str:
    result = failure_reason(delivery.get("failure")) or outcome_of(delivery)
    return f"{logged_text(delivery, 'target')} by route {logged_text(delivery, 'route')}: {result}"
