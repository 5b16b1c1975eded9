"""What users do with the issues of a stack. Prints nothing, asks nothing, and knows no command line."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from scripts.aws.clients import moment_of
from scripts.aws.context import StackContext
from scripts.aws.exclusive import caller_of, exclusive
from scripts.aws.notifications_stack import notifications_of
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.cli.progress import ProgressDisplay
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import open_dead_letters
from scripts.executions.filters import ExecutionFilters
from scripts.executions.service import ExecutionService
from scripts.issues.cause import IssueSource
from scripts.issues.failures import FoundFailures, failures_of_dead_letters, failures_of_executions
from scripts.issues.issue import Issue, IssueListing, KnownStates
from scripts.issues.store import IssueRecord, IssueState, IssueStore

LONGEST_NOTE: Final = 1_000

_OUTPUT: Final = "IssuesTableName"
_LOCK: Final = "issues"
_COMMANDS: Final = {
    IssueState.open: "issues-reopen",
    IssueState.acknowledged: "issues-acknowledge",
    IssueState.resolved: "issues-resolve",
}
# As `executions list` has them: the time in which an execution can be redriven.
_RECENT: Final = ExecutionFilters(since="14d")


class IssueChange(NamedTuple):
    """What an operator sets: a state, and a new note; the note stays if it is None."""

    state: IssueState
    note: str | None = None


@dataclass(frozen=True)
class IssueService:
    """Lists the issues of a stack, and sets their states and notes.

    `progress` shows how far the work is; `deferred` is entered around code that must not be interrupted.

    Every method may raise the CommandError of scripts/cli/exit_codes.py that fits, and botocore's errors.
    """

    scope: StackContext
    routes: Path
    progress: ProgressDisplay = field(default_factory=ProgressDisplay)
    deferred: Callable[[], AbstractContextManager[None]] = nullcontext
    audit_file: Path | None = None

    def list(self) -> IssueListing:
        """Return all issues: read the dead letters, the executions and the table. Write nothing."""
        known = self.states()
        queues = [QueueName.webhooks, *([QueueName.notifications] if known.has_notifications else [])]
        return known.listing([*map(self.dead_letters, queues), self.executions()])

    def states(self) -> KnownStates:
        """Return what operators have set, without any failures. Without the table all issues are open."""
        now = moment_of(self.scope.aws.sts.get_caller_identity())
        has_notifications = notifications_of(self.scope) is not None
        if _OUTPUT in self.scope.stack.outputs:
            return KnownStates(now, self._store().all(now), has_notifications)
        notice = (
            f"Stack {self.scope.stack.name} has no table for the states of issues, so all of them are open. Deploy "
            "this version first to acknowledge or resolve them."
        )
        return KnownStates(now, {}, has_notifications, (notice,))

    def dead_letters(self, queue: QueueName) -> FoundFailures:
        """Return the dead letters of a queue by issue."""
        service = DeadLetterService(open_dead_letters(self.scope, queue), self.progress)
        return failures_of_dead_letters(service.list(Filters()), IssueSource(queue), service.store.now)

    def executions(self) -> FoundFailures:
        """Return the executions that did not succeed in the last 14 days by issue."""
        return failures_of_executions(*ExecutionService(self.scope, self.routes, self.progress).list(_RECENT))

    def change(self, issue: Issue, change: IssueChange) -> Issue:
        """Set the state of an issue as it was read, and return it. Nothing is written if somebody changed it meanwhile.

        Raise RejectedError then, and ConfigurationError for a note that is too long. The audit log does not have the
        note.
        """
        check_note(change.note)
        store, caller = self._store(), caller_of(self.scope.aws)
        held = exclusive(
            self.scope,
            _LOCK,
            _COMMANDS[change.state],
            caller=caller,
            audit_file=self.audit_file,
            facts={"issue": issue.key},
        )
        with held as session, self.deferred():
            record = _changed(issue, change, caller.arn, datetime.fromtimestamp(caller.clock(), UTC))
            if not store.put(record):
                raise RejectedError(self._conflict(issue, store.find(issue.key)))
            session.record("issue changed", **_audited(issue, change))
        return replace(issue, record=record)

    def check_can_change(self) -> None:
        """Raise ConfigurationError if the stack has no table for the states of issues."""
        self._store()

    def _store(self) -> IssueStore:
        table = self.scope.output(_OUTPUT, "where the states of its issues are")
        return IssueStore(self.scope.aws.dynamodb, table)

    def _conflict(self, issue: Issue, now: IssueRecord | None) -> str:
        what = f"{now.changed_by} has set it to {now.state}" if now else "its record has expired"
        return (
            f"Issue {issue.key} was changed meanwhile, so nothing was changed: {what}. Look at it, then try again: "
            f"alma-webhooks issues show {issue.key} {self.scope.options}"
        )


def check_note(note: str | None) -> None:
    """Raise ConfigurationError if a note is too long."""
    if note and len(note) > LONGEST_NOTE:
        raise ConfigurationError(f"The note has {len(note):,} characters; at most {LONGEST_NOTE:,} are kept.")


def _audited(issue: Issue, change: IssueChange) -> dict[str, Any]:
    """Return what the audit log has about a change: no text of the note."""
    states = {"before": str(issue.state), "state": str(change.state)}
    return {**states, "count": issue.count, "note": "kept" if change.note is None else "set"}


def _changed(issue: Issue, change: IssueChange, who: str, now: datetime) -> IssueRecord:
    return IssueRecord(
        issue.cause,
        issue.revision + 1,
        change.state,
        issue.note if change.note is None else change.note,
        who,
        now,
        issue.first_seen,
        issue.last_seen,
        issue.count,
        issue.example,
    )
