"""The commands `dead-letters export` and `import`: flags and output."""

from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.cli.exit_codes import FailedError
from scripts.cli.options import AuditOption, Output, OutputOption, StackFlags
from scripts.cli.output import print_result
from scripts.cli.plural import plural
from scripts.dead_letters.export import ExportResult
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.flags import Choice, YesOption
from scripts.dead_letters.import_ import ImportResult
from scripts.dead_letters.reports.files import export_data, export_lines, import_data, import_lines
from scripts.dead_letters.session import NOTHING_CHANGED, VISIBLE_AGAIN, check_all_exported, service_for_changes

NewFileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="New file, with one line per dead letter.")]
FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="File that `dead-letters export` wrote.", exists=True, dir_okay=False, readable=True
    ),
]

_INTERRUPTED: Final = "Interrupted. Run the command again to import the rest; imported dead letters are skipped."


def export_dead_letters(
    *,
    file: NewFileArgument,
    choice: Choice,
    filters: Filters,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Export dead letters with bodies and attributes to a new file that only you can read. Change nothing.

    The file holds patron data unredacted. Exit 1 if a body could not be read or an ID was not found.

    Example: alma-webhooks dead-letters export today.jsonl --since 24h --cause template --stage prod
    """
    chosen, exported = choice.among(filters), ExportResult()
    with service_for_changes(stack, lambda: _interrupted(exported, file)) as service:
        selection = service.select(chosen)
        service.export(selection, file, exported)
    print_result(export_data(exported, selection, file), export_lines, output)
    check_all_exported(exported, selection)


def _interrupted(exported: ExportResult, file: Path) -> str:
    is_kept = exported.dead_letters and file.exists()
    result = f"{plural(exported.dead_letters, 'dead letter')} exported to {file}" if is_kept else "nothing exported"
    return f"Interrupted: {result}. {VISIBLE_AGAIN}"


def import_dead_letters(
    *,
    file: FileArgument,
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
    with service_for_changes(stack, _INTERRUPTED if yes else NOTHING_CHANGED, audit_file) as service:
        try:
            if yes:
                service.import_(file, result)
            else:
                result = service.plan_import(file)
        finally:  # also after a failure or an interruption
            if result.has_begun:
                print_result(import_data(result, file, is_done=yes), import_lines, output)
    if result.invalid or result.failed:
        raise FailedError(f"Some lines of {file} {'were' if yes else 'would be'} not imported: see the reasons above.")
