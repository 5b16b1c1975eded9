"""Sessions of commands that change dead letters: they check the queues, hold the lock and write the audit."""

import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from processor.codes import NOT_A_CODE, is_code
from scripts.aws import lock
from scripts.aws.clock import Clock
from scripts.aws.exclusive import ChangeSession, exclusive
from scripts.dead_letters.condition_outline import outline
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.guards import check_queues
from scripts.dead_letters.store import DeadLetterStore

_LOCK: Final = "dead-letters"


def open_change_session(
    dead_letters: DeadLetterStore,
    command: str,
    *,
    audit_file: Path | None = None,
    filters: Filters | None = None,
    seconds: int = lock.SECONDS,
    clock: Clock | None = None,
) -> AbstractContextManager[ChangeSession]:
    """Check the queues, then return `exclusive` for them: it holds the lock and writes the audit.

    Raise RejectedError (wrong queues, or another command holds the lock), FailedError (the audit cannot be written),
    ConfigurationError (an older template) and botocore's errors before anything was changed.
    """
    checked = check_queues(dead_letters)
    return exclusive(
        dead_letters.scope,
        _LOCK,
        command,
        who=checked.who,
        clock=clock or checked.clock,
        audit_file=audit_file,
        filters=_audited_filters(filters),
        seconds=seconds,
    )


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
