"""Search the executions of one state machine: their names, and the input of the newest ones.

"ListExecutions" and "DescribeExecution", AWS Step Functions API Reference.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.clients import moment_of
from scripts.aws.context import StackContext
from scripts.cli.times import Moment, milliseconds, milliseconds_of
from scripts.dead_letters.content import redacted
from scripts.executions.find import Execution, StateMachine
from scripts.executions.origins import Origin, origin_of
from scripts.find.found import Match, MatchedMember, SourceResult
from scripts.find.search_text import SearchText
from scripts.find.values import members_of_input, values_of

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef

# AWS answers 15 DescribeExecution a second in most regions ("Step Functions service quotas"): some 15 seconds.
MOST_INPUTS: Final = 200
_MOST_NAMES: Final = 10_000


def search_executions(
    scope: StackContext,
    state_machine: StateMachine,
    text: SearchText,
    since: Moment,
    source: SourceResult,
    progress: Callable[[int], None],
) -> None:
    """Add the executions with the text that began after `since` to the source, of any status.

    `progress` gets the number of executions so far; an error that it raises ends the search. Raise botocore's errors.
    """
    inputs = 0
    for listed, now in islice(_listed(scope, state_machine.arn, since), _MOST_NAMES):
        progress(source.read)
        source.read += 1
        is_named = text.equals(listed["name"]) or text.equals(listed["executionArn"])
        if is_named or inputs < MOST_INPUTS:
            inputs += 1
            _search(scope, state_machine.name, listed["executionArn"], text, source, now)
        if source.is_full:
            return
    if source.read >= _MOST_NAMES or inputs < source.read:
        source.is_partial = True
        source.notice = (
            f"Of the {source.read:,} newest executions of {state_machine.name}, the names were searched; the input "
            f"only of the newest {MOST_INPUTS}."
        )


def _listed(scope: StackContext, arn: str, since: Moment) -> "Iterator[tuple[ExecutionListItemTypeDef, datetime]]":
    """Yield the executions, newest first as AWS lists them, each with the time by the clock of AWS."""
    for page in scope.aws.states.get_paginator("list_executions").paginate(stateMachineArn=arn):
        now = moment_of(page)
        for listed in page["executions"]:
            if milliseconds(listed["startDate"]) < milliseconds_of(since, now):
                return
            yield listed, now


def _search(scope: StackContext, name: str, arn: str, text: SearchText, source: SourceResult, now: datetime) -> None:
    """Add the execution if its name, its ARN or a value of its input is the text. It may be deleted meanwhile."""
    try:
        described = scope.aws.states.describe_execution(executionArn=arn)
    except scope.aws.states.exceptions.ExecutionDoesNotExist:
        return
    execution = Execution.of(described, name, now)
    members = tuple(_members(execution, members_of_input(described.get("input", "")), text))
    if members:
        origin = _origin(scope, execution) or Origin("", "", "", "")
        detail = f"{execution.status} {execution.name} of {name}"
        event = origin.event or origin.action
        source.add(Match(source.name, origin.receipt_id, event, execution.started_at, detail, members))


def _members(execution: Execution, given: Any, text: SearchText) -> Iterator[MatchedMember]:
    if text.equals(execution.name) or text.equals(execution.arn):
        yield MatchedMember("name", execution.name)
    for path, value in values_of(given, "input"):
        if text.equals(str(value)):
            yield MatchedMember(path, str(redacted(value, path, lambda _: False)))


def _origin(scope: StackContext, execution: Execution) -> Origin | None:
    """Return the event that started it, as far as the processor's log can be read."""
    group = scope.stack.outputs.get("ProcessorLogGroupName")
    try:
        return origin_of(scope.aws.logs, group, execution) if group else None
    except (ClientError, BotoCoreError):
        return None  # the log is a source of its own, which reports the problem
