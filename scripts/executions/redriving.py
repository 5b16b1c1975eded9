"""Redrives executions one by one, at a rate: each goes on from the state that failed. Starts none, chooses none.

"RedriveExecution", AWS Step Functions API Reference.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.context import reason_of
from scripts.cli.exit_codes import FailedError
from scripts.cli.progress import CountProgress
from scripts.cli.rate_limiter import Rate
from scripts.executions.changing import Change
from scripts.executions.execution import Execution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


# What an emulator or an endpoint answers that has no such action, and what a proxy before one may.
_UNKNOWN_ACTION: Final = {"InvalidAction", "UnknownOperationException", "UnknownOperation", "NotImplemented", "501"}


@dataclass
class Redriving:
    """What has become of the executions so far. `refused` and `failed` have the reason by ARN."""

    executions: Sequence[Execution]
    redriven: list[Execution] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.refused |= {each.arn: each.refusal for each in self.executions if each.refusal}

    @property
    def redrivable(self) -> list[Execution]:
        """Those that can be redriven."""
        return [execution for execution in self.executions if not execution.refusal]

    @property
    def left(self) -> int:
        """How many were not tried."""
        return len(self.executions) - len(self.redriven) - len(self.refused) - len(self.failed)

    def run(
        self,
        states: "SFNClient",
        rate: Rate,
        progress: CountProgress,
        change: Change,
        unbroken: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """Redrives all that can be. An interruption waits until an `unbroken` block is over.

        Raises FailedError when AWS or the emulator does not know the action, and as `change` does:
        nothing more is redriven then.
        """
        redrivable = self.redrivable
        for number, execution in enumerate(redrivable):
            progress(number, len(redrivable))
            rate.wait(1)
            change.renew()
            with unbroken():
                change.record(execution, self._redrive(states, execution))
        progress(len(redrivable), len(redrivable))

    def _redrive(self, states: "SFNClient", execution: Execution) -> str:
        try:
            states.redrive_execution(executionArn=execution.arn, clientToken=execution.client_token)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error.response["Error"].get("Code") in _UNKNOWN_ACTION:
                raise FailedError(
                    "What answers here does not know RedriveExecution, so nothing can be redriven. AWS knows it; a "
                    "emulator may not."
                ) from None
            self.failed[execution.arn] = reason_of(error)
            return self.failed[execution.arn]
        self.redriven.append(execution)
        return "done"
