"""What users do with the executions of a stack that did not succeed. Prints nothing, and knows no command line.

"RedriveExecution", AWS Step Functions API Reference.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.context import StackContext, reason_of
from scripts.aws.exclusive import ChangeSession, exclusive
from scripts.cli.exit_codes import FailedError
from scripts.cli.progress import CountProgress, ProgressDisplay
from scripts.cli.rate_limiter import Rate
from scripts.executions.filters import ExecutionFilters, chosen, select, state_machines
from scripts.executions.find import Execution, FoundExecutions, StateMachine, described, find
from scripts.executions.origins import Origin, origins_of

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# The error codes of an emulator, an endpoint or a proxy that does not support the action.
_UNKNOWN_ACTION: Final = {"InvalidAction", "UnknownOperationException", "UnknownOperation", "NotImplemented", "501"}


@dataclass
class Redrive:
    """A planned redrive, and its result so far. `not_redrivable` and `failed` map ARNs to reasons.

    `problems` has a sentence for everything that could not be read or found; `filters` are audited.
    """

    executions: Sequence[Execution]
    problems: Sequence[str] = ()
    filters: dict[str, Any] = field(default_factory=dict)
    has_begun: bool = False
    redriven: list[Execution] = field(default_factory=list)
    not_redrivable: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        reasons = {each.arn: each.not_redrivable_because for each in self.executions}
        self.not_redrivable |= {arn: reason for arn, reason in reasons.items() if reason}

    @property
    def redrivable(self) -> list[Execution]:
        """The executions that can be redriven."""
        return [execution for execution in self.executions if not execution.not_redrivable_because]

    @property
    def not_begun(self) -> int:
        """How many were not attempted yet."""
        return len(self.executions) - len(self.redriven) - len(self.not_redrivable) - len(self.failed)

    def run(
        self,
        states: "SFNClient",
        rate: Rate,
        progress: CountProgress,
        change: ChangeSession,
        deferred: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """Redrive all that can be. `deferred` is a context manager that delays interruptions.

        Stop with FailedError if AWS or the emulator does not support the action, or if `change` raises it.
        """
        redrivable = self.redrivable
        for number, execution in enumerate(redrivable):
            progress(number, len(redrivable))
            rate.wait(1)
            change.renew()
            with deferred():
                result = self._redrive(states, execution)
                change.record("redriven", execution=execution.arn, redrives=execution.redrives, result=result)
        progress(len(redrivable), len(redrivable))

    def _redrive(self, states: "SFNClient", execution: Execution) -> str:
        try:
            states.redrive_execution(executionArn=execution.arn, clientToken=execution.client_token)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error.response["Error"].get("Code") in _UNKNOWN_ACTION:
                raise FailedError(
                    "The endpoint does not support RedriveExecution, so nothing can be redriven. AWS supports it; an "
                    "emulator may not."
                ) from None
            self.failed[execution.arn] = reason_of(error)
            return self.failed[execution.arn]
        self.redriven.append(execution)
        return "done"


class ExecutionService:
    """Lists and redrives the executions of the state machines of a stack and of a routes file, if there is one.

    `progress` shows how far the work is; `deferred` is entered around code that must not be interrupted.

    Every method may raise the CommandError of scripts/cli/exit_codes.py that fits, and botocore's errors.
    """

    def __init__(
        self,
        scope: StackContext,
        routes: Path | None,
        progress: ProgressDisplay | None = None,
        deferred: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.scope = scope
        self._routes = routes
        self._progress = progress or ProgressDisplay()
        self._deferred = deferred

    def list(self, filters: ExecutionFilters) -> tuple[FoundExecutions, dict[str, Origin]]:
        """Return the executions that match, and the events that started them by ARN."""
        found = self._find(filters)
        with self._progress.find() as progress:
            return found, origins_of(self.scope, found, progress)

    def plan_redrive(self, filters: ExecutionFilters, names: Sequence[str]) -> Redrive:
        """Return the redrive of the executions that match, or of those of them with these names or ARNs."""
        found = self._find(filters)
        executions, unknown = select(found.executions, names)
        problems = [f"No execution {name} failed, timed out or was aborted." for name in unknown]
        return Redrive(executions, [*found.problems, *problems], filters.as_facts(names))

    def plan_again(self, executions: Sequence[Execution]) -> Redrive:
        """Return the redrive of those of these executions that are as they were; a problem names each other one."""
        found: list[Execution] = []
        problems: list[str] = []
        with self._progress.find() as progress:
            for number, before in enumerate(executions):
                progress("the executions to redrive", number)
                now = described(self.scope.aws.states, before.arn, StateMachine(before.state_machine, before.arn))
                if now and (now.redrives, now.stopped_at) == (before.redrives, before.stopped_at):
                    found.append(now)
                else:
                    problems.append(f"{before.state_machine} {before.name} has changed meanwhile and is left as it is.")
        return Redrive(found, problems, {"names": len(executions)})

    def redrive(self, redrive: Redrive, rate: Rate, audit_file: Path | None = None) -> None:
        """Run a planned redrive, which has the result so far also after an error or an interruption."""
        with (
            exclusive(self.scope, "executions", "redrive", audit_file=audit_file, filters=redrive.filters) as change,
            self._progress.redrive() as progress,
        ):
            redrive.has_begun = True
            redrive.run(self.scope.aws.states, rate, progress, change, self._deferred)

    def _find(self, filters: ExecutionFilters) -> FoundExecutions:
        known = chosen(state_machines(self.scope.stack, self._routes, self.scope.stage), filters.state_machines)
        with self._progress.find() as progress:
            return find(self.scope.aws.states, known, progress, statuses=filters.statuses, since=filters.begin)
