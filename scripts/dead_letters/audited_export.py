"""Export dead letters with an audit line for each: the file has whole bodies, as what `reveal` shows.

The command and its filters are in the audit log before a body is read. Prints nothing.
"""

from contextlib import suppress
from pathlib import Path

from scripts.aws.audit_log import Audit
from scripts.cli.exit_codes import FailedError
from scripts.dead_letters.change_session import audited_filters
from scripts.dead_letters.export_file import ExportResult
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.reveal import open_audit_of
from scripts.dead_letters.service import DeadLetterService


def export_audited(
    service: DeadLetterService, selection: Selection, file: Path, exported: ExportResult, audit_file: Path | None = None
) -> None:
    """Write the selected dead letters to a new file. It is removed if the audit log cannot be written.

    Raise as `DeadLetterService.export`, FailedError if the audit log cannot be written, and ConfigurationError if the
    stack has none and there is no `audit_file`.
    """
    audit = open_audit_of(service.store, "export", audit_file)
    audit.record("began", filters=audited_filters(selection.filters))
    audit.flush()
    try:
        service.export(selection, file, exported)
        _record(audit, file, exported)
    except BaseException as error:
        with suppress(FailedError):
            audit.record("ended", result=type(error).__name__)
            audit.flush()
        raise
    audit.record("ended", result="done")
    audit.flush()


def _record(audit: Audit, file: Path, exported: ExportResult) -> None:
    try:
        for id_ in exported.ids:
            audit.record("exported", receipt_id=id_, result="done")
        audit.flush()
    except BaseException:
        file.unlink(missing_ok=True)
        raise
