"""The command `dead-letters discard`: flags, confirmation of the count, output."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.cli.exit_codes import FailedError
from scripts.cli.options import AuditOption, Output, OutputOption, StackFlags
from scripts.cli.output import NOTICES, print_notice, print_result
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.dead_letters.discard import DiscardResult
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.flags import Choice
from scripts.dead_letters.reports.files import discard_data, discard_lines, export_data, export_lines
from scripts.dead_letters.session import VISIBLE_AGAIN, check_all_exported, service_for_changes

ExportOption = Annotated[
    Path | None,
    typer.Option(
        "--export",
        help="New file for the export made first (default: a file in your state folder, see docs/privacy.md).",
        dir_okay=False,
    ),
]
CountOption = Annotated[
    int | None, typer.Option(help="Number of dead letters to discard, instead of typing it at the prompt.")
]

_NOT_DISCARDED: Final = "nothing discarded"


def discard_dead_letters(
    *,
    choice: Choice,
    filters: Filters,
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
    with service_for_changes(stack, lambda: _interrupted(result), audit_file) as service:
        selection = service.select(chosen)
        try:
            service.discard(selection, result, lambda: _confirmed(result, selection, count))
        finally:
            _print(result, selection, output)
    check_all_exported(result.exported, selection)
    if result.deletion and (result.deletion.not_deleted or result.deletion.moved):
        raise FailedError("Some dead letters were not discarded: run the command again.")


def _interrupted(result: DiscardResult) -> str:
    if not result.has_begun:
        return f"Interrupted: {_NOT_DISCARDED}. {VISIBLE_AGAIN}"
    return (
        f"Interrupted: some dead letters may be discarded, and {result.file} has all of them. The others are visible "
        "again, up to ten of them only after some minutes."
    )


def _confirmed(result: DiscardResult, selection: Selection, count: int | None) -> int | None:
    """Print what was exported, and return the number that was passed as --count, or else typed."""
    for line in export_lines(export_data(result.exported, selection, result.file)):
        print_notice(line)
    return _typed_count(result.exported.dead_letters) if count is None and result.exported.dead_letters else count


def _typed_count(dead_letters: int) -> int | None:
    """Return the number that the operator types; None if it is not a number, or there is no terminal to ask on."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    NOTICES.print(f"type {dead_letters} to discard {plural(dead_letters, 'dead letter')}:", end=" ")
    answer = sys.stdin.readline().strip()
    return int(answer) if answer.isdecimal() else None


def _print(result: DiscardResult, selection: Selection, output: Output) -> None:
    """Print the result so far; in text the export was printed before."""
    if result.is_file_removed:
        print_notice(f"{_NOT_DISCARDED}; {escape(str(result.file))} removed")
    if result.deletion or (output is Output.json and result.is_exported):
        print_result(discard_data(result, selection), discard_lines, output)
