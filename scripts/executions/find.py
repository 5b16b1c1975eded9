"""Finds the executions of workflows that did not succeed. Changes none, and keeps no input of any.

"ListExecutions" and "DescribeExecution", AWS Step Functions API Reference.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from scripts.aws.clients import moment_of
from scripts.aws.context import reason_of
from scripts.cli.progress import StepProgress
from scripts.cli.times import Moment, milliseconds, milliseconds_of
from scripts.executions.execution import STATUSES, Execution
from scripts.executions.state_machines import Workflow

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.literals import ExecutionStatusType


@dataclass
class Finding:
    """What was found, the newest end first.

    `problems` has a sentence for all that could not be read, `notices` for what is as it may be and worth knowing.
    """

    executions: list[Execution] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def find(
    states: "SFNClient",
    workflows: Sequence[Workflow],
    progress: StepProgress,
    *,
    statuses: "Sequence[ExecutionStatusType]" = STATUSES,
    since: Moment | None = None,
) -> Finding:
    """Those that ended so, since then. A workflow that AWS does not let us read does not hide the others."""
    found = Finding()
    for workflow in workflows:
        try:
            found.executions += _of(states, workflow, progress, statuses or STATUSES, since)
        except ClientError as error:
            found.problems.append(_problem(workflow, error))
    found.executions.sort(key=lambda execution: execution.stopped_at, reverse=True)
    return found


def _of(
    states: "SFNClient",
    workflow: Workflow,
    progress: StepProgress,
    statuses: "Sequence[ExecutionStatusType]",
    since: Moment | None,
) -> list[Execution]:
    found: list[Execution] = []
    progress(f"the executions of {workflow.name}", 0)
    for arn, now in _listed(states, workflow, statuses, since):
        if execution := _described(states, arn, workflow, now):
            found.append(execution)
            progress(f"the executions of {workflow.name}", len(found))
    return found


def _listed(
    states: "SFNClient", workflow: Workflow, statuses: "Sequence[ExecutionStatusType]", since: Moment | None
) -> Iterator[tuple[str, datetime]]:
    """ARNs, with AWS' time as it named them."""
    for status in dict.fromkeys(statuses):
        for page in states.get_paginator("list_executions").paginate(stateMachineArn=workflow.arn, statusFilter=status):
            now = moment_of(page)
            begin = milliseconds_of(since, now) if since else 0
            for listed in page["executions"]:
                if milliseconds(listed.get("stopDate", listed["startDate"])) >= begin:
                    yield listed["executionArn"], now


def _described(states: "SFNClient", arn: str, workflow: Workflow, now: datetime) -> Execution | None:
    """None for one that AWS has forgotten since it was listed, or that runs again."""
    try:
        described = states.describe_execution(executionArn=arn)
    except states.exceptions.ExecutionDoesNotExist:
        return None
    return Execution.of(described, workflow.name, now) if described["status"] in STATUSES else None


def _problem(workflow: Workflow, error: ClientError) -> str:
    code = error.response["Error"].get("Code", "")
    if code.startswith("AccessDenied"):
        return (
            f"AWS does not let you read the executions of the workflow {workflow.name}: you need "
            f"states:{error.operation_name} for {workflow.arn}."
        )
    if code == "StateMachineTypeNotSupported":
        return (
            f"The workflow {workflow.name} is an EXPRESS one, of which AWS lists no executions and redrives none: see "
            "its own log group."
        )
    return f"The executions of the workflow {workflow.name} cannot be read: {error.operation_name}, {reason_of(error)}."
