"""Opens the executions of a stack for a command: what did not succeed, and why some cannot be told. Changes none."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.context import StackContext, reason_of
from scripts.cli.plural import plural
from scripts.cli.progress import StepProgress
from scripts.cli.times import Moment
from scripts.executions.find import Finding, find
from scripts.executions.origins import Origin, origin_of
from scripts.executions.state_machines import chosen, state_machines

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.literals import ExecutionStatusType


class Wanted(NamedTuple):
    """Which executions to find: of these state machines (none means all), with these statuses, ended since then."""

    routes: Path
    state_machines: Sequence[str]
    statuses: "Sequence[ExecutionStatusType]"
    since: Moment | None


def found(scope: StackContext, wanted: Wanted, progress: StepProgress) -> Finding:
    """Find executions. Raise ConfigurationError for an unknown state machine or an unreadable routes file."""
    known = chosen(state_machines(scope.stack, wanted.routes, scope.stage), wanted.state_machines)
    return find(scope.aws.states, known, progress, statuses=wanted.statuses, since=wanted.since)


def origins(scope: StackContext, finding: Finding, progress: StepProgress) -> dict[str, Origin]:
    """The events of what was found, by ARN. Adds a problem when the log cannot be read, a notice when it lacks some."""
    group = scope.output("ProcessorLogGroupName", "where its processor's log is")
    known: dict[str, Origin] = {}
    try:
        for number, execution in enumerate(finding.executions):
            progress("the processor's log for their events", number)
            if origin := origin_of(scope.aws.logs, group, execution):
                known[execution.arn] = origin
    except ClientError as error:
        finding.problems.append(_problem(group, error))
        return known
    if count := len(finding.executions) - len(known):
        lacking = plural(count, *(f"of {len(finding.executions)} {verb} no line" for verb in ("has", "have")))
        finding.notices.append(
            f"{lacking} in the processor's log: it has expired, or no route of this stack started the execution."
        )
    return known


def _problem(group: str, error: ClientError) -> str:
    if error.response["Error"].get("Code", "").startswith("AccessDenied"):
        return (
            f"AWS does not let you read the log group {group}, so not all events are shown: you need "
            "logs:FilterLogEvents on it."
        )
    return f"The log group {group} cannot be read, so not all events are shown: {reason_of(error)}."
