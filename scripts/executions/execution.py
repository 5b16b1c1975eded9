"""Describe an execution that did not succeed. Does not call AWS."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef


class Status(StrEnum):
    """The statuses of executions that did not succeed, as AWS names them."""

    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"


# "RedriveExecution", AWS Step Functions API Reference: the time after the end of an execution.
REDRIVABLE: Final = timedelta(days=14)


class Execution(NamedTuple):
    """An execution that did not succeed. `cause` may quote the event; `not_redrivable_because` may be empty."""

    arn: str
    state_machine: str
    name: str
    status: str
    error: str
    cause: str
    started_at: datetime
    stopped_at: datetime
    redrives: int
    not_redrivable_because: str

    def __repr__(self) -> str:
        """Omit the cause, so that no log or traceback shows it."""
        return f"Execution({self.name!r}, {self.status}, …)"

    @classmethod
    def of(cls, described: "DescribeExecutionOutputTypeDef", state_machine: str, now: datetime) -> "Execution":
        """Convert a response of DescribeExecution; `now` is the time by the clock of AWS."""
        stopped = described.get("stopDate", described["startDate"])
        return cls(
            described["executionArn"],
            state_machine,
            described.get("name", ""),
            described["status"],
            described.get("error", ""),
            described.get("cause", ""),
            described["startDate"],
            stopped,
            described.get("redriveCount") or 0,
            _why_not_redrivable(described, stopped + REDRIVABLE, now),
        )

    @property
    def redrivable_until(self) -> datetime | None:
        """The time until which the execution can be redriven, or None."""
        return None if self.not_redrivable_because else self.stopped_at + REDRIVABLE

    @property
    def client_token(self) -> str:
        """The idempotency token of the next redrive; AWS recognizes a repetition within 15 minutes by it."""
        return hashlib.sha256(f"{self.arn} {self.redrives}".encode()).hexdigest()


def _why_not_redrivable(described: "DescribeExecutionOutputTypeDef", until: datetime, now: datetime) -> str:
    """Return the reason that AWS gives; if it gives no status, as an emulator may not, judge by the age."""
    status = described.get("redriveStatus")
    if status in {"NOT_REDRIVABLE", "REDRIVABLE_BY_MAP_RUN"}:
        return described.get("redriveStatusReason") or f"AWS reports {status}"
    if status is None and now >= until:
        return "Execution redrivable period exceeded"
    return ""
