"""What redriving stands on: a lock of its own, and an audit that works. Redrives nothing itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from scripts.aws import lock
from scripts.aws.audit_log import Audit
from scripts.aws.clients import moment_of
from scripts.aws.clock import Clock, aws_clock
from scripts.aws.context import StackContext
from scripts.aws.exclusive import exclusive
from scripts.aws.lock import OperatorLock
from scripts.executions.execution import Execution

_LOCK: Final = "executions"


class Change:
    """A command's right to redrive, while `changing` lasts."""

    def __init__(self, held: OperatorLock, audit: Audit) -> None:
        self._held = held
        self._audit = audit

    def renew(self) -> None:
        """Keeps the right. Call it before each redrive. Raises FailedError when another command has it by now."""
        self._held.renew()

    def record(self, execution: Execution, result: str) -> None:
        """Adds a line to the audit. Raises FailedError when it cannot be kept: nothing more may be redriven then."""
        self._audit.record("redriven", execution=execution.arn, redrives=execution.redrives, result=result)


@contextmanager
def changing(
    scope: StackContext,
    command: str,
    *,
    audit_file: Path | None = None,
    filters: dict[str, Any] | None = None,
    seconds: int = lock.SECONDS,
    clock: Clock | None = None,
) -> Iterator[Change]:
    """Lets a command redrive executions, alone and with an audit. Raises as `exclusive` does."""
    caller = scope.aws.sts.get_caller_identity()
    right = exclusive(
        scope,
        _LOCK,
        command,
        who=caller["Arn"],
        clock=clock or aws_clock(moment_of(caller)),
        audit_file=audit_file,
        filters=filters,
        seconds=seconds,
    )
    with right as (held, audit):
        yield Change(held, audit)
