"""Export the dead letters and the audit log of a stack to new files, before the stack is deleted with its data."""

import os
import time
from pathlib import Path
from typing import Final, NamedTuple

from scripts.aws import stack
from scripts.aws.context import StackContext
from scripts.aws.logs import log_errors_explained, pages
from scripts.cli.exit_codes import FailedError
from scripts.cli.plural import plural
from scripts.dead_letters.export_file import ExportResult
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import DeadLetterStore, open_dead_letters, open_notifications

_A_DAY: Final = 86_400_000  # in ms; a clock of another computer may be ahead


class ExportedData(NamedTuple):
    """The files with content, and the number of messages that were exported, of events and of notifications."""

    files: list[Path]
    events: int = 0
    notifications: int = 0


def export(
    context: StackContext, notifications: StackContext | None, folder: Path, report: stack.ReportLine
) -> ExportedData:
    """Write the files that only their owner can read; `notifications` is the context of that stack, if there is one.

    Raise FailedError if a dead letter or the audit log cannot be exported.
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())

    def file(of: StackContext, what: str) -> Path:
        return folder / f"{of.stack.name}-{what}-{moment}.jsonl"

    dead_letters, audit = file(context, "dead-letters"), file(context, "audit-log")
    events = _dead_letters(open_dead_letters(context), dead_letters)
    exported, files, of_notifications = plural(events, "dead letter"), [dead_letters], 0
    if notifications:
        files.append(file(notifications, "dead-letters"))
        of_notifications = _dead_letters(open_notifications(context, notifications), files[-1])
        exported += f", {plural(of_notifications, 'dead letter')} of notifications"
    lines = _audit_log(context, audit)
    report(f"exported {exported} and {plural(lines, 'line')} of the audit log")
    return ExportedData([path for path in (*files, audit) if path.exists()], events, of_notifications)


def _dead_letters(store: DeadLetterStore, file: Path) -> int:
    service, exported = DeadLetterService(store), ExportResult()
    selection = service.select(Filters())
    service.export(selection, file, exported)
    if exported.unread or selection.seen < selection.about:
        raise FailedError(
            f"Nothing was deleted, because not every dead letter could be exported ({selection.seen} of about "
            f"{selection.about} seen). Wait until no other command reads the queue, check access to the bucket, and "
            "run this command again."
        )
    return len(exported.messages)


def _audit_log(context: StackContext, file: Path) -> int:
    """Write the lines in the order of time, each as it was stored. Write no file if there is none."""
    group = context.stack.outputs.get("AuditLogGroupName")
    if not group:
        return 0
    until = int(time.time() * 1000) + _A_DAY
    with log_errors_explained(group, "logs:FilterLogEvents", ", so nothing was deleted"):
        found = {each["eventId"]: each for page in pages(context.aws.logs, group, "", 0, until) for each in page}
    if not found:
        return 0
    ordered = sorted(found.values(), key=lambda each: each["timestamp"])
    text = "".join(f"{each['message'].rstrip()}\n" for each in ordered)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(text.encode("utf-8", "backslashreplace"))
            os.fsync(opened.fileno())
    except OSError as error:
        raise FailedError(f"Nothing was deleted, because {file} cannot be written: {error.strerror}.") from None
    return len(ordered)
