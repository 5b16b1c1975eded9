"""Finds the event that an execution was started for, by the processor's log lines. Reads nothing of its content.

"FilterLogEvents", Amazon CloudWatch Logs API Reference; "Filter pattern syntax", Amazon CloudWatch Logs User Guide.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scripts.aws.logs import members_of, pages
from scripts.cli.times import milliseconds
from scripts.executions.execution import Execution

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

# The line comes at its attempt's end: up to 15 minutes later (Lambda's longest timeout), or, when that attempt was
# killed, with the next one, which an hour and a fifth of it can lie between (processor/retries.py).
_AFTER: Final = timedelta(minutes=90)
_BEFORE: Final = timedelta(minutes=1)  # clocks differ


class Origin(NamedTuple):
    """The event of an execution, in codes: what its log line says."""

    receipt_id: str
    action: str
    event: str
    route: str


def origin_of(logs: "CloudWatchLogsClient", group: str, execution: Execution) -> Origin | None:
    """The execution's event, or None where there is no line of it (any more). Raises botocore's errors.

    Of several lines that name the execution the first counts: later ones are of the same event, come again.
    """
    span = milliseconds(execution.started_at - _BEFORE), milliseconds(execution.started_at + _AFTER)
    for page in pages(logs, group, f'"{execution.name}"', *span):
        for event in sorted(page, key=lambda event: event["timestamp"]):
            if origin := _origin(members_of(event["message"]), execution.arn):
                return origin
    return None


def _origin(line: dict[str, Any], arn: str) -> Origin | None:
    """The line's event, if it tells of this execution: the pattern finds a name anywhere, an emulator may know none."""
    deliveries = line.get("deliveries")
    if line.get("message") not in {"outcome", "retry"} or not isinstance(deliveries, list):
        return None
    for delivery in deliveries:
        if isinstance(delivery, dict) and delivery.get("execution") == arn:
            texts = (line.get("receipt_id"), line.get("action"), line.get("event"), delivery.get("route"))
            return Origin(*(text if isinstance(text, str) else "" for text in texts))
    return None
