"""What users do with the executions of a stack that did not succeed. Prints nothing, and knows no command line."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

from scripts.aws.clients import moment_of
from scripts.aws.clock import aws_clock
from scripts.aws.context import StackContext
from scripts.aws.exclusive import exclusive
from scripts.cli.progress import ProgressDisplay
from scripts.cli.rate_limiter import Rate
from scripts.executions.filters import ExecutionFilters, select
from scripts.executions.find import FoundExecutions, find
from scripts.executions.origins import Origin, origins_of
from scripts.executions.redrive import Redrive
from scripts.executions.state_machines import chosen, state_machines

_LOCK: Final = "executions"


class ExecutionService:
    """Lists and redrives the executions of the state machines of a stack and of a routes file.

    `progress` shows how far the work is; `deferred` is entered around code that must not be interrupted.

    Every method may raise the CommandError of scripts/cli/exit_codes.py that fits, and botocore's errors.
    """

    def __init__(
        self,
        scope: StackContext,
        routes: Path,
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
        selected = select(found.executions, names)
        unknown = [f"No execution {name} failed, timed out or was aborted." for name in selected.unknown]
        return Redrive(selected.executions, [*found.problems, *unknown], filters.as_facts(names))

    def redrive(self, redrive: Redrive, rate: Rate, audit_file: Path | None = None) -> None:
        """Run a planned redrive, which has the result so far also after an error or an interruption."""
        caller = self.scope.aws.sts.get_caller_identity()
        who, clock = caller["Arn"], aws_clock(moment_of(caller))
        with (
            exclusive(
                self.scope, _LOCK, "redrive", who=who, clock=clock, audit_file=audit_file, filters=redrive.filters
            ) as change,
            self._progress.redrive() as progress,
        ):
            redrive.has_begun = True
            redrive.run(self.scope.aws.states, rate, progress, change, self._deferred)

    def _find(self, filters: ExecutionFilters) -> FoundExecutions:
        known = chosen(state_machines(self.scope.stack, self._routes, self.scope.stage), filters.state_machines)
        with self._progress.find() as progress:
            return find(self.scope.aws.states, known, progress, statuses=filters.statuses, since=filters.begin)
