"""An execution that did not succeed, as Step Functions describes it. Pure: calls no AWS."""

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.literals import ExecutionStatusType
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

STATUSES: "Final[tuple[ExecutionStatusType, ...]]" = ("FAILED", "TIMED_OUT", "ABORTED")

# "RedriveExecution", AWS Step Functions API Reference: so long after its end.
REDRIVABLE: Final = timedelta(days=14)


class Execution(NamedTuple):
    """One that did not succeed. `cause` may quote the event; `refusal` says why it cannot be redriven, if so."""

    arn: str
    state_machine: str
    name: str
    status: str
    error: str
    cause: str
    started_at: datetime
    stopped_at: datetime
    redrives: int
    refusal: str

    def __repr__(self) -> str:
        """Nothing that logs a value may log the cause."""
        return f"Execution({self.name!r}, {self.status}, …)"

    @classmethod
    def of(cls, described: "DescribeExecutionOutputTypeDef", state_machine: str, now: datetime) -> "Execution":
        """From an answer of DescribeExecution, at AWS' time `now`."""
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
            _refusal(described, stopped + REDRIVABLE, now),
        )

    @property
    def redrivable_until(self) -> datetime | None:
        """When it can be redriven at the latest; None when it cannot."""
        return None if self.refusal else self.stopped_at + REDRIVABLE

    @property
    def client_token(self) -> str:
        """The same for the same redrive, so that AWS does one repeated within 15 minutes only once."""
        return hashlib.sha256(f"{self.arn} {self.redrives}".encode()).hexdigest()


def _refusal(described: "DescribeExecutionOutputTypeDef", until: datetime, now: datetime) -> str:
    """AWS' own reason; where it says nothing (an emulator may not), what its documents say of times."""
    status = described.get("redriveStatus")
    if status in {"NOT_REDRIVABLE", "REDRIVABLE_BY_MAP_RUN"}:
        return described.get("redriveStatusReason") or f"AWS says {status}"
    if status is None and now >= until:
        return "Execution redrivable period exceeded"
    return ""
