"""Hold the lock and write the audit log while one command changes something in a stack."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from scripts.aws import lock
from scripts.aws.audit_log import Audit, FileSink, LogGroupSink, Sink
from scripts.aws.clients import Aws, moment_of
from scripts.aws.clock import Clock, aws_clock
from scripts.aws.context import StackContext
from scripts.aws.lock import OperatorLock
from scripts.cli.exit_codes import ConfigurationError


class Caller(NamedTuple):
    """Who runs a command, by account and ARN, and the clock of AWS."""

    account: str
    arn: str
    clock: Clock


def caller_of(aws: Aws) -> Caller:
    """Return the caller, and a clock that begins at the time of this answer. Raise botocore's errors."""
    answer = aws.sts.get_caller_identity()
    return Caller(answer["Account"], answer["Arn"], aws_clock(moment_of(answer)))


class ChangeSession(NamedTuple):
    """The lock and the audit log of one command, valid inside `exclusive`."""

    lock: OperatorLock
    audit: Audit

    @property
    def who(self) -> str:
        """The caller's ARN."""
        return self.lock.who

    def renew(self) -> None:
        """Renew the lock. Call it before each batch of changes, and every few seconds while waiting.

        Raise FailedError if another command has acquired the lock: change nothing more then.
        """
        self.lock.renew()

    def record(self, message: str, **facts: Any) -> None:
        """Add an audit line about one change, with its result and without any body.

        Lines are written in groups of ten. Raise FailedError if that fails: change nothing more then.
        """
        self.audit.record(message, **facts)

    def flush(self) -> None:
        """Write the pending audit lines. Call it after each batch of changes. Raise FailedError as `record` does."""
        self.audit.flush()


@contextmanager
def exclusive(
    scope: StackContext,
    things: str,
    command: str,
    *,
    caller: Caller | None = None,
    audit_file: Path | None = None,
    filters: dict[str, Any] | None = None,
    facts: Mapping[str, str] | None = None,
    seconds: int = lock.SECONDS,
) -> Iterator[ChangeSession]:
    """Acquire the lock on these `things` and begin the audit log, whose lines all have the members `facts` too.

    Without `caller` AWS is asked who it is. Raise RejectedError (another command holds the lock), FailedError (the
    audit log cannot be written), ConfigurationError (an older template) or botocore's errors before anything is
    changed. At the end of the block the audit log is written and the lock released in any case.
    """
    caller = caller or caller_of(scope.aws)
    audit = open_audit(scope, command, caller=caller, audit_file=audit_file, facts=facts)
    table = scope.output("LocksTableName", "where its locks are")
    _, who, clock = caller
    held = OperatorLock(scope.aws.dynamodb, table, things, who=who, command=command, clock=clock, seconds=seconds)
    with ExitStack() as ending:
        ending.callback(held.release)  # before `acquire`, because an interruption can follow it at once
        held.acquire()
        audit.record("began", filters=filters or {})
        audit.flush()
        ending.push(lambda kind, _error, _trace: _end(audit, kind))
        yield ChangeSession(held, audit)


def open_audit(
    scope: StackContext,
    command: str,
    *,
    caller: Caller | None = None,
    audit_file: Path | None = None,
    facts: Mapping[str, str] | None = None,
) -> Audit:
    """Return the audit log of a command that needs no lock, because it changes nothing.

    Without `caller` AWS is asked who it is. Raise ConfigurationError if the stack has none, and no file is given.
    """
    caller = caller or caller_of(scope.aws)
    members = {"command": command, "who": caller.arn, **scope.facts(), **(facts or {})}
    return Audit(_sinks(scope, command, audit_file, caller.clock()), members, caller.clock)


def _end(audit: Audit, kind: type[BaseException] | None) -> None:
    audit.record("ended", result=kind.__name__ if kind else "done")
    audit.flush()


def _sinks(scope: StackContext, command: str, audit_file: Path | None, now: float) -> list[Sink]:
    """Return the stack's audit log group, if it has one, and the audit file, if one is given."""
    sinks: list[Sink] = []
    if group := scope.stack.outputs.get("AuditLogGroupName"):
        sinks.append(LogGroupSink(scope.aws.logs, group, command, now))
    if audit_file:
        sinks.append(FileSink(audit_file))
    if not sinks:
        raise ConfigurationError(
            f"Stack {scope.stack.name} has no output AuditLogGroupName, which shows where its audit log is. Deploy "
            "this version's template, or pass --audit-file."
        )
    return sinks
