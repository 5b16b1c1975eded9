"""What every command that changes dead letters stands on: guards, a lock, an audit. Changes no dead letter itself."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from processor.codes import NOT_A_CODE, is_code
from scripts.aws import lock
from scripts.aws.audit_log import Audit
from scripts.aws.clock import Clock
from scripts.aws.exclusive import exclusive
from scripts.aws.lock import OperatorLock
from scripts.dead_letters.condition_outline import outline
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.guards import check_queues
from scripts.dead_letters.service import DeadLetterStore

_LOCK: Final = "dead-letters"


class ChangeSession:
    """A command's right to change dead letters, while `changing` lasts. `who` is the caller's ARN."""

    def __init__(self, who: str, webhook_queue_url: str, held: OperatorLock, audit: Audit) -> None:
        self.who = who
        self.webhook_queue_url = webhook_queue_url
        self._lock = held
        self._audit = audit

    def renew(self) -> None:
        """Keeps the right. Call it before every batch of changes, and in waits of more than some seconds.

        Raises FailedError when another command has it by now: nothing more may be changed then.
        """
        self._lock.renew()

    def record(self, message: str, receipt_id: str, **facts: Any) -> None:
        """Adds a line to the audit: what was done, to which dead letter, and the result; nothing of a body.

        Every ten lines are written. Raises FailedError when they cannot be kept: nothing more may be changed then.
        """
        self._audit.record(message, receipt_id=receipt_id, **facts)

    def flush(self) -> None:
        """Writes the lines that wait. Call it after every batch of changes. Raises FailedError as `record` does."""
        self._audit.flush()


@contextmanager
def open_change_session(
    dead_letters: DeadLetterStore,
    command: str,
    *,
    audit_file: Path | None = None,
    filters: Filters | None = None,
    seconds: int = lock.SECONDS,
    clock: Clock | None = None,
) -> Iterator[ChangeSession]:
    """Lets a command change dead letters: alone, on the right queues, and with an audit that is known to work.

    Raises RejectedError (wrong queues; another command has the lock), FailedError (the audit cannot be written),
    ConfigurationError (an older template), botocore's errors; nothing has been changed then. At its end, however that
    comes, the audit is written and the lock released.
    """
    guarded = check_queues(dead_letters)
    with exclusive(
        dead_letters.scope,
        _LOCK,
        command,
        who=guarded.who,
        clock=clock or guarded.clock,
        audit_file=audit_file,
        filters=_told(filters),
        seconds=seconds,
    ) as (held, audit):
        yield ChangeSession(guarded.who, guarded.webhook_queue_url, held, audit)


def _told(filters: Filters | None) -> dict[str, Any]:
    """Return what was chosen by, without what is empty, and without values that may be a patron's data.

    Ids become their number, since each dead letter has its own line. A condition becomes its fields and operators.
    Other values stay if they have the form of a name.
    """
    chosen = {name: value for name, value in vars(filters).items() if value} if filters else {}
    if "ids" in chosen:
        chosen["ids"] = len(chosen["ids"])
    if "where" in chosen:
        chosen["where"] = outline(chosen["where"])
    return {name: list(map(_named, value)) if isinstance(value, tuple) else value for name, value in chosen.items()}


def _named(text: str) -> str:
    """Return a code, or the name of a route, a target or a profile, as it was typed."""
    return text if all(map(is_code, re.split(r"[.:/]", text))) else NOT_A_CODE
