"""Find the events that started executions, by the log lines of the processor. Does not read its content.

"FilterLogEvents", Amazon CloudWatch Logs API Reference; "Filter pattern syntax", Amazon CloudWatch Logs User Guide.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import ClientError

from notifications.json_body import json_members
from scripts.aws.context import StackContext, reason_of
from scripts.aws.logged_event import logged_deliveries, logged_text
from scripts.aws.logs import pages
from scripts.cli.plural import plural
from scripts.cli.progress import StepProgress
from scripts.cli.times import milliseconds
from scripts.executions.find import Execution, FoundExecutions

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
            if origin := _origin(json_members(event["message"]), execution.arn):
                return origin
    return None


def origins_of(scope: StackContext, found: FoundExecutions, progress: StepProgress) -> dict[str, Origin]:
    """Return the events that started the executions, by ARN.

    Add a problem to `found` if the log cannot be read, and a notice if it lacks some of the events.
    """
    group = scope.output("ProcessorLogGroupName", "where its processor's log is")
    known: dict[str, Origin] = {}
    try:
        for number, execution in enumerate(found.executions):
            progress("the processor's log for their events", number)
            if origin := origin_of(scope.aws.logs, group, execution):
                known[execution.arn] = origin
    except ClientError as error:
        found.problems.append(_problem(group, error))
        return known
    if count := len(found.executions) - len(known):
        lacking = plural(count, *(f"of {len(found.executions)} {verb} no line" for verb in ("has", "have")))
        found.notices.append(
            f"{lacking} in the processor's log: it expired, or no route of this stack started the execution."
        )
    return known


def _problem(group: str, error: ClientError) -> str:
    if error.response["Error"].get("Code", "").startswith("AccessDenied"):
        return (
            f"Access to the log group {group} is denied, so not all events are shown: you need "
            "logs:FilterLogEvents on it."
        )
    return f"The log group {group} cannot be read, so not all events are shown: {reason_of(error)}."


def _origin(line: dict[str, Any], arn: str) -> Origin | None:
    """Return the event of a line about this execution, or None: the pattern also matches the name elsewhere."""
    if line.get("message") not in ("outcome", "retry"):
        return None
    for delivery in logged_deliveries(line):
        if delivery.get("execution") == arn:
            receipt_id, action, event = (logged_text(line, name) for name in ("receipt_id", "action", "event"))
            return Origin(receipt_id, action, event, logged_text(delivery, "route"))
    return None
