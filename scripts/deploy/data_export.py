"""Export the dead letters and the audit log of a stack to new files, before the stack is deleted with its data."""

import os
import time
from pathlib import Path
from typing import Final

from scripts.aws import stack
from scripts.aws.context import StackContext
from scripts.aws.logs import log_errors_explained, pages
from scripts.cli.exit_codes import FailedError
from scripts.cli.plural import plural
from scripts.dead_letters.export_file import ExportResult
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.reader import open_dead_letters
from scripts.dead_letters.service import DeadLetterService

_A_DAY: Final = 86_400_000  # in ms; a clock of another computer may be ahead


def export(context: StackContext, folder: Path, report: stack.ReportLine) -> tuple[list[Path], int]:
    """Write the files that only their owner can read. Return those with content, and the number of dead letters.

    Raise FailedError if a dead letter or the audit log cannot be exported.
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    name = f"{context.stack.name}-{{}}-{moment}.jsonl"
    dead_letters, audit = folder / name.format("dead-letters"), folder / name.format("audit-log")
    count = _dead_letters(context, dead_letters)
    lines = _audit_log(context, audit)
    report(f"exported {plural(count, 'dead letter')} and {plural(lines, 'line')} of the audit log")
    return [path for path in (dead_letters, audit) if path.exists()], count


def _dead_letters(context: StackContext, file: Path) -> int:
    service, exported = DeadLetterService(open_dead_letters(context)), ExportResult()
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
