"""Find the executions of a stack that did not succeed, and the events that started them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.context import StackContext, reason_of
from scripts.cli.plural import plural
from scripts.cli.progress import StepProgress
from scripts.cli.times import Moment
from scripts.executions.find import FoundExecutions, find
from scripts.executions.origins import Origin, origin_of
from scripts.executions.state_machines import chosen, state_machines

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.literals import ExecutionStatusType


class ExecutionFilters(NamedTuple):
    """Which executions to find: state machines (none means all), statuses, and the earliest end."""

    routes: Path
    state_machines: Sequence[str]
    statuses: "Sequence[ExecutionStatusType]"
    since: Moment | None


def find_executions(scope: StackContext, filters: ExecutionFilters, progress: StepProgress) -> FoundExecutions:
    """Find executions. Raise ConfigurationError for an unknown state machine or an unreadable routes file."""
    known = chosen(state_machines(scope.stack, filters.routes, scope.stage), filters.state_machines)
    return find(scope.aws.states, known, progress, statuses=filters.statuses, since=filters.since)


def origins(scope: StackContext, found: FoundExecutions, progress: StepProgress) -> dict[str, Origin]:
    """Return the events that started the executions, by ARN.

    Add a problem to `found` if the log cannot be read, and a notice if it lacks some of the events.
    """
    group = scope.output("ProcessorLogGroupName", "where its processor's log is")
    known: dict[str, Origin] = {}
    try:
        for number, execution in enumerate(found.executions):
            progress("the processor's log for their events", number)
            if origin := origin_of(scope.aws.logs, group, execution):
                known[execution.arn] = origin
    except ClientError as error:
        found.problems.append(_problem(group, error))
        return known
    if count := len(found.executions) - len(known):
        lacking = plural(count, *(f"of {len(found.executions)} {verb} no line" for verb in ("has", "have")))
        found.notices.append(
            f"{lacking} in the processor's log: it expired, or no route of this stack started the execution."
        )
    return known


def _problem(group: str, error: ClientError) -> str:
    if error.response["Error"].get("Code", "").startswith("AccessDenied"):
        return (
            f"Access to the log group {group} is denied, so not all events are shown: you need "
            "logs:FilterLogEvents on it."
        )
    return f"The log group {group} cannot be read, so not all events are shown: {reason_of(error)}."
