"""Show whole bodies of dead letters, with an audit line for each: who sees the body of which event, and when.

The line is written before the body is returned, so that nobody sees a body without it. Prints nothing.
"""

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

from scripts.aws.audit_log import Audit
from scripts.aws.exclusive import open_audit
from scripts.dead_letters.edit import body_of
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import DeadLetterStore


def reveal(service: DeadLetterService, ids: Sequence[str], audit_file: Path | None = None) -> Generator[ReadDeadLetter]:
    """Yield the dead letters with these IDs as `DeadLetterService.show` does, each after its audit line.

    Raise FailedError if the audit log cannot be written, ConfigurationError if the stack has none and there is no
    `audit_file`, and as `show`. Close the iterator if you do not exhaust it.
    """
    audit = open_audit_of(service.store, "show", audit_file)
    with closing(service.show(ids)) as reads:
        for read in reads:
            _record(audit, read)
            yield read


def reveal_body(service: DeadLetterService, id_: str, audit_file: Path | None = None) -> bytes:
    """Return the body of one dead letter for its correction, after its audit line.

    Raise FailedError if there is none, RejectedError if it cannot be read or if several have the ID; and as `reveal`.
    """
    audit = open_audit_of(service.store, "edit", audit_file)
    found = service.find(id_)
    body = body_of(found)
    _record(audit, found.read)
    return body


def open_audit_of(store: DeadLetterStore, command: str, audit_file: Path | None) -> Audit:
    """Return the audit log for what takes whole bodies off the queue and changes nothing. Raise as `reveal`."""
    return open_audit(store.scope, command, audit_file=audit_file, facts=store.queue_name.audited)


def _record(audit: Audit, read: ReadDeadLetter) -> None:
    audit.record("revealed", receipt_id=read.summary.id, message_id=read.summary.message_id, result="done")
    audit.flush()
