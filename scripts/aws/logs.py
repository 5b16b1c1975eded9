"""Reads a stack's log groups from CloudWatch Logs, page by page, and a line's members. Keeps and judges none.

"FilterLogEvents", Amazon CloudWatch Logs API Reference.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import FailedError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef


# "FilterLogEvents": the most events that one answer has.
_FULL_PAGE: Final = 10_000


class LogGroups(NamedTuple):
    """The names of a stack's log groups; no `audit` in a stack that has none."""

    ingest: str
    processor: str
    audit: str | None


def log_groups_of(scope: StackContext) -> LogGroups:
    """By the stack's outputs. Raises ConfigurationError when it does not tell."""
    return LogGroups(
        scope.output("IngestLogGroupName", "where ingest's log is"),
        scope.output("ProcessorLogGroupName", "where the processor's log is"),
        scope.stack.outputs.get("AuditLogGroupName"),
    )


def pages(
    cloudwatch_logs: "CloudWatchLogsClient", group: str, pattern: str, since: int, until: int
) -> "Iterator[list[FilteredLogEventTypeDef]]":
    """All that the pattern matches, page by page; lines at the seams can come twice. Times: milliseconds since 1970.

    AWS says when there is more. The emulator stops at a full page and says nothing: it is asked again.
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


def members_of(text: str) -> dict[str, Any]:
    """The members of a line that is a JSON object; of any other none."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return line if isinstance(line, dict) else {}


@contextmanager
def log_errors_explained(group: str, right: str, consequence: str) -> Iterator[None]:
    """A group that is not there or may not be read raises FailedError; `consequence` is a clause."""
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
    """What is said of a group that is not there."""
    return FailedError(f"Log group {group} not found{consequence}.")
