"""Plan a redrive of executions that a page shows, then do it. Prints nothing, and knows no HTML."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from scripts.aws.context import StackContext
from scripts.cli.plural import plural
from scripts.cli.rate_limiter import Rate
from scripts.console.background import Control
from scripts.console.plans.plan import Plan
from scripts.executions.filters import ExecutionFilters
from scripts.executions.find import Execution, FoundExecutions
from scripts.executions.origins import Origin
from scripts.executions.service import ExecutionService, Redrive

SINCE: Final = "14d"
"""How far back executions are listed: AWS redrives none that ended before."""

_PER_SECOND: Final = 5.0


@dataclass
class FailedExecutions:
    """The executions that did not succeed, and the events that started them by ARN."""

    found: FoundExecutions
    origins: dict[str, Origin]


class RedrivePlan(Plan):
    """The executions to redrive as they were at `taken_at` (UTC).

    `not_found` has the ARNs that were chosen on an older page. `redrive` has the result so far, once it has begun.
    """

    def __init__(
        self, executions: Iterable[Execution], chosen: Collection[str], taken_at: datetime, made_at: datetime
    ) -> None:
        self.executions: Final = [each for each in executions if each.arn in chosen]
        super().__init__(f"Redrive {plural(len(self.executions), 'execution')}", "/executions/redrives", made_at)
        known = {each.arn for each in self.executions}
        self.taken_at: Final = taken_at
        self.not_found: Final = [arn for arn in chosen if arn not in known]
        self.redrive: Redrive | None = None

    @property
    def results(self) -> list[str]:
        """How many were redriven, and how many were not."""
        if self.redrive is None:
            return []
        redriven, failed = len(self.redrive.redriven), len(self.redrive.failed)
        return [f"{redriven:,} redriven", *([f"{failed:,} failed"] if failed else [])]

    @property
    def redrivable(self) -> list[Execution]:
        """Those that AWS redrives."""
        return [each for each in self.executions if not each.not_redrivable_because]

    @property
    def not_redrivable(self) -> list[Execution]:
        """Those that AWS does not redrive any more."""
        return [each for each in self.executions if each.not_redrivable_because]


def failed_executions(scope: StackContext, routes: Path | None, control: Control) -> FailedExecutions:
    """Return what did not succeed. Raise what ExecutionService.list raises."""
    service = ExecutionService(scope, routes, control, control.deferred)
    return FailedExecutions(*service.list(ExecutionFilters(since=SINCE)))


def carry_out(scope: StackContext, plan: RedrivePlan, control: Control) -> None:
    """Read the executions again, and redrive those that are as planned. Raise what ExecutionService.redrive raises."""
    service = ExecutionService(scope, None, control, control.deferred)
    plan.redrive = service.plan_again(plan.redrivable)
    if plan.redrive.redrivable:
        service.redrive(plan.redrive, Rate(_PER_SECOND))
