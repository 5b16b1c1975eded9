"""Sessions of commands that change dead letters: they check the queues, hold the lock and write the audit."""

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
    """The lock and the audit of one command, valid inside `open_change_session`. `who` is the caller's ARN."""

    def __init__(self, who: str, webhook_queue_url: str, held: OperatorLock, audit: Audit) -> None:
        self.who = who
        self.webhook_queue_url = webhook_queue_url
        self._lock = held
        self._audit = audit

    def renew(self) -> None:
        """Renew the lock. Call it before each batch of changes, and every few seconds while waiting.

        Raise FailedError if another command has acquired the lock: change nothing more then.
        """
        self._lock.renew()

    def record(self, message: str, receipt_id: str, **facts: Any) -> None:
        """Add an audit line about one dead letter, with the result and without its body.

        Lines are written in groups of ten. Raise FailedError if that fails: change nothing more then.
        """
        self._audit.record(message, receipt_id=receipt_id, **facts)

    def flush(self) -> None:
        """Write the pending audit lines. Call it after each batch of changes. Raise FailedError as `record` does."""
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
    """Check the queues, acquire the lock and open the audit; on exit write the audit and release the lock.

    Raise RejectedError (wrong queues, or another command holds the lock), FailedError (the audit cannot be written),
    ConfigurationError (an older template) and botocore's errors before anything was changed.
    """
    checked = check_queues(dead_letters)
    with exclusive(
        dead_letters.scope,
        _LOCK,
        command,
        who=checked.who,
        clock=clock or checked.clock,
        audit_file=audit_file,
        filters=_audited_filters(filters),
        seconds=seconds,
    ) as (held, audit):
        yield ChangeSession(checked.who, checked.webhook_queue_url, held, audit)


def _audited_filters(filters: Filters | None) -> dict[str, Any]:
    """Return the filters for the audit, without empty ones and without values that may be patron data.

    IDs become their number, because each dead letter has a line of its own. A condition becomes its outline. Other
    values stay if they have the form of a name.
    """
    chosen = {name: value for name, value in vars(filters).items() if value} if filters else {}
    if "ids" in chosen:
        chosen["ids"] = len(chosen["ids"])
    if "where" in chosen:
        chosen["where"] = outline(chosen["where"])
    return {
        name: list(map(_name_or_placeholder, value)) if isinstance(value, tuple) else value
        for name, value in chosen.items()
    }


def _name_or_placeholder(text: str) -> str:
    """Return the text if it has the form of a code, or of the name of a route, target or profile."""
    return text if all(map(is_code, re.split(r"[.:/]", text))) else NOT_A_CODE
