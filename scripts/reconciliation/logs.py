"""Read the log lines that a reconciliation needs, of ingest, the processor and the operators. Prints nothing."""

import sys
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any, Final

from ingest.metrics import NO_PROFILE
from notifications.json_body import json_members
from scripts.aws.logged_event import logged_text, partial_delivery
from scripts.aws.logs import log_errors_explained, no_such_group, pages
from scripts.cli.progress import LogProgress
from scripts.reconciliation.reconcile import ACCEPTED, DISCARDED, REJECTED, RETRY, TERMINAL, ReconciliationLine

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

LineObserver = Callable[[int, dict[str, Any]], None]
"""Takes the time of a line, in milliseconds since 1970, and its members."""

_CONSEQUENCE: Final = ", so events cannot be reconciled"
_MILLISECONDS_A_DAY: Final = 24 * 3600 * 1000


def observe_nothing(_at: int, _members: dict[str, Any]) -> None:
    """Ignore a line."""


class Logs:
    """The log groups of a stack. Each method raises FailedError if a group does not exist or cannot be read."""

    def __init__(
        self, logs: "CloudWatchLogsClient", progress: LogProgress, observe: LineObserver = observe_nothing
    ) -> None:
        self._logs = logs
        self._progress = progress
        self._observe = observe

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
        return self._lines(group, ("accepted", "rejected", "failed"), since, until)

    def of_processor(self, group: str, since: int, until: int) -> Iterator[ReconciliationLine]:
        """Yield outcomes and retries."""
        return self._lines(group, ("outcome", "retry"), since, until)

    def of_operators(self, group: str, since: int, until: int) -> Iterator[ReconciliationLine]:
        """Yield the dead letters that operators discarded."""
        return self._lines(group, (DISCARDED,), since, until)

    def _lines(self, group: str, messages: Collection[str], since: int, until: int) -> Iterator[ReconciliationLine]:
        found = self.lines(group, messages, since, until)
        return (line for at, members in found if (line := _line_of(at, members)))

    def lines(
        self, group: str, messages: Collection[str], since: int, until: int
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield time and members of the lines with one of these messages. An emulator may ignore the pattern."""
        pattern = "{ " + " || ".join(f'($.message = "{message}")' for message in messages) + " }"
        count = last = 0
        self._progress(group, count, last)
        with log_errors_explained(group, "logs:FilterLogEvents", _CONSEQUENCE):
            for page in pages(self._logs, group, pattern, since, until):
                for event in page:
                    count, last = count + 1, event["timestamp"]
                    members = json_members(event["message"])
                    if members.get("message") in messages:
                        self._observe(last, members)
                        yield last, members
                self._progress(group, count, last)


def _line_of(at: int, members: dict[str, Any]) -> ReconciliationLine | None:
    """Return what a line says about an event, or None. Ingest did not queue events without a receipt id."""
    message, receipt_id = members["message"], logged_text(members, "receipt_id")
    profile = sys.intern(logged_text(members, "profile") or NO_PROFILE)
    if message in {"rejected", "failed"}:
        return ReconciliationLine(at, REJECTED, logged_text(members, "reason"), profile)
    kind = logged_text(members, "outcome") if message == "outcome" else message
    if message == DISCARDED and members.get("queue"):
        return None  # a notification, which is not an event although it may have the receipt id of one
    if receipt_id and kind in {ACCEPTED, RETRY, *TERMINAL}:
        return ReconciliationLine(at, sys.intern(kind), receipt_id, profile, partial_delivery(members) is not None)
    return None
