"""The commands `dead-letters export`, `import` and `discard`: flags, confirmation of the count, output."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.cli.exit_codes import FailedError
from scripts.cli.options import AuditOption, Output, OutputOption, StackFlags
from scripts.cli.output import NOTICES, notice, print_result
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.dead_letters.audited_export import export_audited
from scripts.dead_letters.discard import DiscardResult
from scripts.dead_letters.export_file import ExportResult
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.flags import Choice, YesOption, export_option
from scripts.dead_letters.import_ import ImportResult
from scripts.dead_letters.queue_name import QueueName, QueueOption
from scripts.dead_letters.reports import files as report
from scripts.dead_letters.session import NOTHING_CHANGED, VISIBLE_AGAIN, check_all_exported, service_for_changes

NewFileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="New file, with one line per dead letter.")]
FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="File that `dead-letters export` wrote.", exists=True, dir_okay=False, readable=True
    ),
]

_IMPORT_INTERRUPTED: Final = "Interrupted. Run the command again to import the rest; imported dead letters are skipped."


def export_dead_letters(
    *,
    file: NewFileArgument,
    choice: Choice,
    filters: Filters,
    queue: QueueOption = QueueName.webhooks,
    audit_file: AuditOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Export dead letters with bodies and attributes to a new file that only you can read. Change nothing.

    The file holds patron data unredacted, so the audit log records who exported which dead letters. Exit 1 if a body
    could not be read or an ID was not found.

    Example: alma-webhooks dead-letters export today.jsonl --since 24h --cause template --stage prod
    """
    chosen, exported = choice.among(filters), ExportResult()
    with service_for_changes(stack, lambda: _export_interrupted(exported, file), queue=queue) as service:
        selection = service.select(chosen)
        export_audited(service, selection, file, exported, audit_file)
    data = report.export_data(exported, selection, file)
    print_result(output, data, report.export_lines(data))
    check_all_exported(exported, selection)


def _export_interrupted(exported: ExportResult, file: Path) -> str:
    is_kept = exported.dead_letters and file.exists()
    result = f"{plural(exported.dead_letters, 'dead letter')} exported to {file}" if is_kept else "nothing exported"
    return f"Interrupted: {result}. {VISIBLE_AGAIN}"


def import_dead_letters(
    *,
    file: FileArgument,
    queue: QueueOption = QueueName.webhooks,
    yes: YesOption = False,
    audit_file: AuditOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Put exported dead letters on the stack's dead-letter queue; a dry run without --yes.

    Only a replay delivers them. Dead letters that are on the queue already are skipped. Exit 1 if a line is invalid or
    could not be sent.

    Example: alma-webhooks dead-letters import today.jsonl --stage dev --yes
    """
    result = ImportResult()
    with service_for_changes(stack, _IMPORT_INTERRUPTED if yes else NOTHING_CHANGED, audit_file, queue) as service:
        try:
            if yes:
                service.import_(file, result)
            else:
                result = service.plan_import(file)
        finally:  # also after a failure or an interruption
            if result.has_begun:
                data = report.import_data(result, file, is_done=yes)
                print_result(output, data, report.import_lines(data))
    if result.invalid or result.failed:
        raise FailedError(f"Some lines of {file} {'were' if yes else 'would be'} not imported: see the reasons above.")


ExportOption = Annotated[Path | None, export_option("the export made first")]
CountOption = Annotated[
    int | None, typer.Option(help="Number of dead letters to discard, instead of typing it at the prompt.")
]

_NOT_DISCARDED: Final = "nothing discarded"


def discard_dead_letters(
    *,
    choice: Choice,
    filters: Filters,
    queue: QueueOption = QueueName.webhooks,
    export_file: ExportOption = None,
    count: CountOption = None,
    audit_file: AuditOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Export dead letters, then delete them once you have typed their number, or passed it as --count; else exit 3.

    Example: alma-webhooks dead-letters discard --cause not-parsed --until 7d --stage prod
    """
    chosen, result = choice.among(filters), DiscardResult(export_file)
    with service_for_changes(stack, lambda: _discard_interrupted(result), audit_file, queue) as service:
        selection = service.select(chosen)
        try:
            service.discard(selection, result, lambda: _confirmed(result, selection, count))
        finally:
            _print_discarded(result, selection, output)
    check_all_exported(result.exported, selection)
    if result.deletion and (result.deletion.not_deleted or result.deletion.moved):
        raise FailedError("Some dead letters were not discarded: run the command again.")


def _discard_interrupted(result: DiscardResult) -> str:
    if not result.has_begun:
        return f"Interrupted: {_NOT_DISCARDED}. {VISIBLE_AGAIN}"
    return (
        f"Interrupted: some dead letters may be discarded, and {result.file} has all of them. The others are visible "
        "again, up to ten of them only after some minutes."
    )


def _confirmed(result: DiscardResult, selection: Selection, count: int | None) -> int | None:
    """Print what was exported, and return the number that was passed as --count, or else typed."""
    for line in report.export_lines(report.export_data(result.exported, selection, result.file)):
        notice(line)
    return _typed_count(result.exported.dead_letters) if count is None and result.exported.dead_letters else count


def _typed_count(dead_letters: int) -> int | None:
    """Return the number that the operator types; None without a number or a terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    NOTICES.print(f"type {dead_letters} to discard {plural(dead_letters, 'dead letter')}:", end=" ")
    answer = sys.stdin.readline().strip()
    return int(answer) if answer.isdecimal() else None


def _print_discarded(result: DiscardResult, selection: Selection, output: Output) -> None:
    """Print the result so far; in text the export was printed before."""
    if result.is_file_removed:
        notice(f"{_NOT_DISCARDED}; {escape(str(result.file))} removed")
    if result.deletion or (output is Output.json and result.is_exported):
        data = report.discard_data(result, selection)
        print_result(output, data, report.discard_lines(data))
