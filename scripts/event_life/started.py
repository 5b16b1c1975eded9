"""Describe the executions that an event started, as its log lines name them. Keeps neither their input nor their cause.

"DescribeExecution", AWS Step Functions API Reference.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.context import StackContext, reason_of
from scripts.aws.errors import is_denied
from scripts.event_life.timeline import deliveries_of
from scripts.request_trace.log_line import LogLine

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# The statuses of AWS of an execution that did not succeed.
_FAILED: Final = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})

# One event starts few; more lines are of another kind.
_MOST: Final = 25


class StartedExecution(NamedTuple):
    """An execution: its status as AWS names it, or `unknown` with the `problem`. `stopped_at` is None while it runs."""

    arn: str
    state_machine: str
    name: str
    status: str = "unknown"
    error: str = ""
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    redrives: int = 0
    problem: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether it failed, timed out or was aborted."""
        return self.status in _FAILED

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.status == "RUNNING"


def started_executions(
    scope: StackContext, lines: Sequence[LogLine], progress: Callable[[str, int], None]
) -> list[StartedExecution]:
    """Return the executions in the order of the lines, each once. One that cannot be described has a problem."""
    arns = dict.fromkeys(each.execution for line in lines for each in deliveries_of(line) if each.execution)
    found = []
    for number, arn in enumerate(islice(arns, _MOST)):
        progress("the executions that it started", number)
        found.append(_described(scope.aws.states, _named(arn, scope.stack.state_machines)))
    return found


def _named(arn: str, known: Mapping[str, str]) -> StartedExecution:
    """Return the execution by its ARN; its state machine has the name of the routes, or else its own."""
    of_machine, _, name = arn.replace(":execution:", ":stateMachine:").rpartition(":")
    names = (given for given, machine in known.items() if machine == of_machine)
    return StartedExecution(arn, next(names, of_machine.rpartition(":")[2]), name)


def _described(states: "SFNClient", execution: StartedExecution) -> StartedExecution:
    try:
        described = states.describe_execution(executionArn=execution.arn)
    except (ClientError, BotoCoreError) as error:
        return execution._replace(problem=_problem(error))
    return execution._replace(
        status=described["status"],
        error=described.get("error", ""),
        started_at=described["startDate"],
        stopped_at=described.get("stopDate"),
        redrives=described.get("redriveCount") or 0,
    )


def _problem(error: ClientError | BotoCoreError) -> str:
    code = error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""
    if code == "ExecutionDoesNotExist":
        return "AWS does not have it: it keeps executions for 90 days after their end, and those of EXPRESS not at all."
    if isinstance(error, ClientError) and is_denied(error):
        return "Access to it is denied: you need states:DescribeExecution on it."
    return f"It cannot be read: {reason_of(error)}."
