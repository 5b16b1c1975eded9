"""Plan a redrive of executions that a page shows, then do it. Prints nothing, and knows no HTML."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from scripts.aws.context import StackContext
from scripts.cli.rate_limiter import Rate
from scripts.console.background import Control
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


@dataclass
class RedrivePlan:
    """The executions to redrive as they were at `taken_at` (UTC).

    `not_found` has the ARNs that were chosen on an older page. `redrive` has the result so far, once it has begun.
    """

    executions: list[Execution]
    taken_at: datetime
    not_found: list[str] = field(default_factory=list)
    redrive: Redrive | None = None

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


def planned(executions: Iterable[Execution], chosen: Collection[str], taken_at: datetime) -> RedrivePlan:
    """Return the plan for the executions with these ARNs."""
    found = [each for each in executions if each.arn in chosen]
    known = {each.arn for each in found}
    return RedrivePlan(found, taken_at, [arn for arn in chosen if arn not in known])


def carry_out(scope: StackContext, plan: RedrivePlan, control: Control) -> RedrivePlan:
    """Read the executions again, and redrive those that are as planned. Raise what ExecutionService.redrive raises."""
    service = ExecutionService(scope, None, control, control.deferred)
    plan.redrive = service.plan_again(plan.redrivable)
    if plan.redrive.redrivable:
        service.redrive(plan.redrive, Rate(_PER_SECOND))
    return plan
