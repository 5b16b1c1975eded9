"""Hold the lock and the audit log while a command redrives executions."""

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


class RedriveSession:
    """The lock and the audit log of a command that redrives executions. Created by `redrive_session`."""

    def __init__(self, lock: OperatorLock, audit: Audit) -> None:
        self._lock = lock
        self._audit = audit

    def renew(self) -> None:
        """Renew the lock. Call it before each redrive. Raise FailedError if another command has the lock."""
        self._lock.renew()

    def record(self, execution: Execution, result: str) -> None:
        """Write a line to the audit log. Raise FailedError if that fails; then no more may be redriven."""
        self._audit.record("redriven", execution=execution.arn, redrives=execution.redrives, result=result)


@contextmanager
def redrive_session(
    scope: StackContext,
    command: str,
    *,
    audit_file: Path | None = None,
    filters: dict[str, Any] | None = None,
    seconds: int = lock.SECONDS,
    clock: Clock | None = None,
) -> Iterator[RedriveSession]:
    """Hold the lock and the audit log for a command. Raise the errors of `exclusive`."""
    caller = scope.aws.sts.get_caller_identity()
    exclusively = exclusive(
        scope,
        _LOCK,
        command,
        who=caller["Arn"],
        clock=clock or aws_clock(moment_of(caller)),
        audit_file=audit_file,
        filters=filters,
        seconds=seconds,
    )
    with exclusively as (held, audit):
        yield RedriveSession(held, audit)
