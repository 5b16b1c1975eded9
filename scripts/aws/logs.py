"""Read a stack's log groups from CloudWatch Logs, page by page, and parse JSON lines.

"FilterLogEvents", Amazon CloudWatch Logs API Reference.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import FailedError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef


# The largest number of events in one answer ("FilterLogEvents").
_FULL_PAGE: Final = 10_000


class LogGroups(NamedTuple):
    """The names of a stack's log groups. `audit` is None if the stack has none."""

    ingest: str
    processor: str
    audit: str | None


def log_groups_of(context: StackContext) -> LogGroups:
    """Return the names from the stack's outputs. Raise ConfigurationError if an output is missing."""
    return LogGroups(
        context.output("IngestLogGroupName", "where ingest's log is"),
        context.output("ProcessorLogGroupName", "where the processor's log is"),
        context.stack.outputs.get("AuditLogGroupName"),
    )


def pages(
    cloudwatch_logs: "CloudWatchLogsClient", group: str, pattern: str, since: int, until: int
) -> "Iterator[list[FilteredLogEventTypeDef]]":
    """Yield the events that match the pattern, page by page. Events at page borders can be repeated.

    Times are in milliseconds since 1970. AWS paginates; the emulator stops silently at a full page, so it is asked
    again for the events after it.
    """
    while True:
        last, size = since, 0
        for page in cloudwatch_logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since, endTime=until, filterPattern=pattern
        ):
            events = page["events"]
            yield events
            size, last = len(events), max([last, *(event["timestamp"] for event in events)])
        if size < _FULL_PAGE:
            return
        since = last if last > since else since + 1


@contextmanager
def log_errors_explained(group: str, right: str, consequence: str) -> Iterator[None]:
    """Raise FailedError for a log group that does not exist or may not be read. `consequence` is a clause."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        if code == "ResourceNotFoundException":
            raise no_such_group(group, consequence) from None
        if code.startswith("AccessDenied"):
            raise FailedError(f"AWS denied access to log group {group}: you need {right} on it.") from None
        raise


def no_such_group(group: str, consequence: str) -> FailedError:
    """Return the error for a log group that does not exist."""
    return FailedError(f"Log group {group} not found{consequence}.")
