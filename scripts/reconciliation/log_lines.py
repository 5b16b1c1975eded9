"""Read the log lines for a reconciliation from CloudWatch Logs, page by page.

"FilterLogEvents" and "DescribeLogGroups", Amazon CloudWatch Logs API Reference; "Filter pattern syntax for metric
filters", Amazon CloudWatch Logs User Guide.
"""

import sys
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, Final

from ingest.metrics import NO_PROFILE
from scripts.aws.logs import log_errors_explained, members_of, no_such_group, pages
from scripts.cli.progress import LogProgress
from scripts.reconciliation.reconcile import (
    DISCARDED,
    TERMINAL,
    AcceptedLine,
    OutcomeLine,
    ReconciliationLine,
    RejectedLine,
    RetryLine,
)

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_CONSEQUENCE: Final = ", so events cannot be reconciled"

_MILLISECONDS_A_DAY: Final = 24 * 3600 * 1000


class Logs:
    """The log groups of a stack. Each method raises FailedError if a group does not exist or cannot be read."""

    def __init__(self, logs: "CloudWatchLogsClient", progress: LogProgress) -> None:
        self._logs = logs
        self._progress = progress

    def kept_since(self, group: str, now: int) -> int:
        """Return the time since when the group keeps its lines; 0 if it keeps them forever."""
        with log_errors_explained(group, "logs:DescribeLogGroups", _CONSEQUENCE):
            for page in self._logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=group):
                for found in page["logGroups"]:
                    if found["logGroupName"] == group:
                        days = found.get("retentionInDays")
                        return now - days * _MILLISECONDS_A_DAY if days else 0
        raise no_such_group(group, _CONSEQUENCE)

    def of_ingest(self, group: str, since: int, until: int) -> Iterator[ReconciliationLine]:
        """Yield accepted and rejected requests."""
        for at, line in self._lines(group, ("accepted", "rejected", "failed"), since, until):
            if line["message"] != "accepted":
                yield RejectedLine(at, _text(line, "reason"), _profile(line))
            elif receipt_id := _text(line, "receipt_id"):
                yield AcceptedLine(at, receipt_id, _profile(line))

    def of_processor(self, group: str, since: int, until: int) -> Iterator[ReconciliationLine]:
        """Yield outcomes and retries. Lines without a receipt id are skipped: ingest did not queue those events."""
        for at, line in self._lines(group, ("outcome", "retry"), since, until):
            receipt_id, outcome = _text(line, "receipt_id"), _text(line, "outcome")
            if receipt_id and line["message"] == "retry":
                yield RetryLine(at, receipt_id)
            elif receipt_id and outcome in TERMINAL:
                yield OutcomeLine(at, receipt_id, sys.intern(outcome), _profile(line))

    def of_operators(self, group: str, since: int, until: int) -> Iterator[ReconciliationLine]:
        """Yield the dead letters that operators discarded."""
        for at, line in self._lines(group, (DISCARDED,), since, until):
            if receipt_id := _text(line, "receipt_id"):
                yield OutcomeLine(at, receipt_id, DISCARDED, _profile(line))

    def _lines(
        self, group: str, messages: Collection[str], since: int, until: int
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the JSON lines with one of these messages. Filtered again: an emulator may ignore the pattern."""
        pattern = "{ " + " || ".join(f'($.message = "{message}")' for message in messages) + " }"
        count = last = 0
        self._progress(group, count, last)
        with log_errors_explained(group, "logs:FilterLogEvents", _CONSEQUENCE):
            for page in pages(self._logs, group, pattern, since, until):
                for event in page:
                    count, last = count + 1, event["timestamp"]
                    line = members_of(event["message"])
                    if line.get("message") in messages:
                        yield last, line
                self._progress(group, count, last)


def _text(line: dict[str, Any], name: str) -> str:
    value = line.get(name)
    return value if isinstance(value, str) else ""


def _profile(line: dict[str, Any]) -> str:
    return sys.intern(_text(line, "profile") or NO_PROFILE)
