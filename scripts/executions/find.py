"""Find the executions of state machines that did not succeed, and describe them. Does not keep their input.

"ListExecutions" and "DescribeExecution", AWS Step Functions API Reference.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.exceptions import ClientError

from processor.state_machine_arn import unqualified
from scripts.aws.clients import moment_of
from scripts.aws.context import reason_of
from scripts.cli.progress import StepProgress
from scripts.cli.times import Moment, milliseconds, milliseconds_of

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef


class StateMachine(NamedTuple):
    """A state machine. `name` is its name in the routes, or the end of its ARN if the routes use that.

    With a version or an alias in its ARN, AWS lists only the executions that were started by it ("ListExecutions").
    """

    name: str
    arn: str


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


@dataclass
class FoundExecutions:
    """Executions, most recently ended first.

    `problems` has a sentence for everything that could not be read, `notices` for remarks that are not errors.
    """

    executions: list[Execution] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def find(
    states: "SFNClient",
    state_machines: Sequence[StateMachine],
    progress: StepProgress,
    *,
    statuses: Sequence[Status] = (),
    since: Moment | None = None,
) -> FoundExecutions:
    """Find the executions with these statuses that ended since `since`.

    A state machine that cannot be read becomes a problem in the result; the others are still read. An execution that
    both a state machine and its alias list is found once.
    """
    found = FoundExecutions()
    known: dict[str, Execution] = {}
    for state_machine in state_machines:
        step, of_machine = f"the executions of {state_machine.name}", dict[str, Execution]()
        progress(step, 0)
        try:
            for arn, now in _listed(states, state_machine, statuses or tuple(Status), since):
                if execution := described(states, arn, state_machine, now):
                    of_machine[arn] = execution
                    progress(step, len(of_machine))
            known = of_machine | known
        except ClientError as error:
            found.problems.append(problem_of(state_machine, error))
    found.executions = sorted(known.values(), key=lambda execution: execution.stopped_at, reverse=True)
    return found


def _listed(
    states: "SFNClient", state_machine: StateMachine, statuses: Sequence[Status], since: Moment | None
) -> Iterator[tuple[str, datetime]]:
    """Yield the ARNs, each with the time by the clock of AWS when it was listed."""
    for status in dict.fromkeys(statuses):
        for page in states.get_paginator("list_executions").paginate(
            stateMachineArn=state_machine.arn, statusFilter=status.value
        ):
            now = moment_of(page)
            begin = milliseconds_of(since, now) if since else 0
            for listed in page["executions"]:
                if milliseconds(listed.get("stopDate", listed["startDate"])) >= begin:
                    yield listed["executionArn"], now


def described(states: "SFNClient", arn: str, machine: StateMachine, now: datetime | None = None) -> Execution | None:
    """Describe an execution at a time by the clock of AWS, by default that of the answer. Raise botocore's errors.

    Return None if it was deleted, or is running again.
    """
    try:
        answer = states.describe_execution(executionArn=arn)
    except states.exceptions.ExecutionDoesNotExist:
        return None
    return Execution.of(answer, machine.name, now or moment_of(answer)) if answer["status"] in set(Status) else None


def problem_of(state_machine: StateMachine, error: ClientError) -> str:
    """Return why the executions of a state machine cannot be read, as a sentence."""
    code = error.response["Error"].get("Code", "")
    if code.startswith("AccessDenied"):
        return (
            f"Access to the executions of the state machine {state_machine.name} is denied: you need "
            f"states:{error.operation_name} on {unqualified(state_machine.arn)}."
        )
    if code == "StateMachineTypeNotSupported":
        return (
            f"The state machine {state_machine.name} is EXPRESS: AWS neither lists nor redrives its executions. "
            "See its log group."
        )
    return (
        f"The executions of the state machine {state_machine.name} cannot be read: {error.operation_name}, "
        f"{reason_of(error)}."
    )
