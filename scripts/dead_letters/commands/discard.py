"""The command `dead-letters discard`: flags, confirmation of the count, output."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.options import AuditOption, EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.cli.plural import plural
from scripts.cli.progress import scan_progress
from scripts.cli.signals import Interrupts
from scripts.cli.terminal import escape
from scripts.dead_letters.change_session import ChangeSession, open_change_session
from scripts.dead_letters.commands.export_import import check_all_found, print_result, print_scope
from scripts.dead_letters.discard import Discard, check_count
from scripts.dead_letters.export import ExportResult, export
from scripts.dead_letters.export_file import ExportWriter
from scripts.dead_letters.exports_folder import new_export
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.flags import (
    ActionOption,
    AllOption,
    CauseOption,
    EventOption,
    IdsArgument,
    ProfileOption,
    RouteOption,
    SinceOption,
    TargetOption,
    UntilOption,
    WhereOption,
    filters_of,
    require_selection,
)
from scripts.dead_letters.reports.files import discard_data, discard_lines, export_data, export_lines
from scripts.dead_letters.service import DeadLetterStore
from scripts.dead_letters.session import NOTICES, VISIBLE_AGAIN, opened_dead_letters

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


NOT_DISCARDED: Final = "nothing discarded"


class DiscardRequest(NamedTuple):
    """The selection to discard, and the options. `confirmed` is the number in --count."""

    filters: Filters
    file: Path
    confirmed: int | None
    audit_file: Path | None
    output: Output


def discard_dead_letters(
    ids: IdsArgument = None,
    all_: AllOption = False,  # noqa: FBT002 -- a flag
    action: ActionOption = None,
    event: EventOption = None,
    route: RouteOption = None,
    target: TargetOption = None,
    cause: CauseOption = None,
    profile: ProfileOption = None,
    since: SinceOption = "",
    until: UntilOption = "",
    where: WhereOption = "",
    export_file: ExportOption = None,
    count: CountOption = None,
    audit_file: AuditOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Export dead letters, then delete them once you have typed their number, or passed it as --count; else exit 3.

    Example: alma-webhooks dead-letters discard --cause not-parsed --until 7d --stage prod
    """
    filters = filters_of(ids, action, event, route, target, cause, profile, since, until, where)
    require_selection(filters, all_=all_)
    with opened_dead_letters(stage, stack, endpoint_url) as dead_letters:
        file = export_file or new_export("discarded", dead_letters.scope.stack.name, dead_letters.now)
        _discard(dead_letters, DiscardRequest(filters, file, count, audit_file, output))


def _discard(dead_letters: DeadLetterStore, request: DiscardRequest) -> None:
    print_scope(dead_letters)
    selection, exported, data = Selection(request.filters, dead_letters.now), ExportResult(), {}
    discard: Discard | None = None
    try:
        with (
            Interrupts() as interrupts,
            open_change_session(
                dead_letters, "discard", audit_file=request.audit_file, filters=request.filters
            ) as change,
        ):
            _export(dead_letters, selection, exported, request.file, change)
            data = export_data(exported, selection, request.file)
            _print_export(data)
            if exported.dead_letters:
                count = _typed_count(exported.dead_letters) if request.confirmed is None else request.confirmed
                check_count(exported.dead_letters, count)
                discard = Discard(dead_letters, change, exported.messages, interrupts.deferred)
                with scan_progress(NOTICES) as progress:
                    discard.run(progress)
    except KeyboardInterrupt:
        raise StoppedError(_interrupted(request.file, discard)) from None
    finally:
        _drop_unless_begun(request.file, exported, discard)
        _print_discarded(data, discard, request.output)
    check_all_found(exported, selection)
    if discard and (discard.not_deleted or discard.moved):
        raise FailedError("Some dead letters were not discarded: run the command again.")


def _has_begun(discard: Discard | None) -> bool:
    """Return whether dead letters may be deleted already, so that the export must be kept."""
    return discard is not None and discard.has_begun


def _interrupted(file: Path, discard: Discard | None) -> str:
    if not _has_begun(discard):
        return f"Interrupted: {NOT_DISCARDED}. {VISIBLE_AGAIN}"
    return (
        f"Interrupted: some dead letters may be discarded, and {file} has all of them. The others are visible again, "
        "up to ten of them only after some minutes."
    )


def _drop_unless_begun(file: Path, exported: ExportResult, discard: Discard | None) -> None:
    """Remove the export if the command ended before any dead letter could have been deleted."""
    if exported.dead_letters and not _has_begun(discard):
        file.unlink(missing_ok=True)
        NOTICES.print(f"{NOT_DISCARDED}; {escape(str(file))} removed")


def _export(
    dead_letters: DeadLetterStore, selection: Selection, exported: ExportResult, file: Path, change: ChangeSession
) -> None:
    with ExportWriter(file, dead_letters.scope.facts()) as writer, scan_progress(NOTICES) as progress:
        export(dead_letters, selection, writer, progress, exported, renew=change.renew)


def _print_export(data: dict[str, Any]) -> None:
    for line in export_lines(data):
        NOTICES.print(line)


def _typed_count(dead_letters: int) -> int | None:
    """Return the number that the operator types; None if it is not a number, or there is no terminal to ask on."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    NOTICES.print(f"type {dead_letters} to discard {plural(dead_letters, 'dead letter')}:", end=" ")
    answer = sys.stdin.readline().strip()
    return int(answer) if answer.isdecimal() else None


def _print_discarded(data: dict[str, Any], discard: Discard | None, output: Output) -> None:
    """Print the result so far; in text the export was printed before."""
    if data and not _has_begun(discard):
        data = data | {"file": None}
    if discard:
        print_result(data | discard_data(discard), discard_lines, output)
    elif output is Output.json and data:
        print_result(data | {"discarded": 0}, discard_lines, output)
