"""Find the event that started an execution, by the log lines of the processor. Does not read its content.

"FilterLogEvents", Amazon CloudWatch Logs API Reference; "Filter pattern syntax", Amazon CloudWatch Logs User Guide.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scripts.aws.logs import members_of, pages
from scripts.cli.times import milliseconds
from scripts.executions.execution import Execution

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

# The processor writes the line at the end of its attempt, up to 15 minutes later (the longest timeout of Lambda). If
# the attempt was killed, the next one writes it, up to 72 minutes after that (processor/retries.py).
_AFTER: Final = timedelta(minutes=90)
_BEFORE: Final = timedelta(minutes=1)  # clocks differ


class Origin(NamedTuple):
    """The event that started an execution, as its log line identifies it."""

    receipt_id: str
    action: str
    event: str
    route: str


def origin_of(logs: "CloudWatchLogsClient", group: str, execution: Execution) -> Origin | None:
    """Return the event that started the execution, or None if the log has no line of it. Raise botocore's errors.

    If several lines name the execution, the first counts: later ones are repetitions of the same event.
    """
    span = milliseconds(execution.started_at - _BEFORE), milliseconds(execution.started_at + _AFTER)
    for page in pages(logs, group, f'"{execution.name}"', *span):
        for event in sorted(page, key=lambda event: event["timestamp"]):
            if origin := _origin(members_of(event["message"]), execution.arn):
                return origin
    return None


def _origin(line: dict[str, Any], arn: str) -> Origin | None:
    """Return the event of a line about this execution, or None: the pattern also matches the name elsewhere."""
    deliveries = line.get("deliveries")
    if line.get("message") not in {"outcome", "retry"} or not isinstance(deliveries, list):
        return None
    for delivery in deliveries:
        if isinstance(delivery, dict) and delivery.get("execution") == arn:
            texts = (line.get("receipt_id"), line.get("action"), line.get("event"), delivery.get("route"))
            return Origin(*(text if isinstance(text, str) else "" for text in texts))
    return None
