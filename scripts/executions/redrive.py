"""Redrive executions one by one, at a limited rate. Each continues from the state that failed.

"RedriveExecution", AWS Step Functions API Reference.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.context import reason_of
from scripts.aws.exclusive import ChangeSession
from scripts.cli.exit_codes import FailedError
from scripts.cli.progress import CountProgress
from scripts.cli.rate_limiter import Rate
from scripts.executions.execution import Execution

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
        for each in self.executions:
            if each.not_redrivable_because:
                self.not_redrivable[each.arn] = each.not_redrivable_because

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
