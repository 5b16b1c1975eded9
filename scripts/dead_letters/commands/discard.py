"""The command `dead-letters discard`: flags, the question for the count, printing; it deletes nothing itself."""

import sys
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.options import AuditOption, EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.cli.plural import plural
from scripts.cli.progress import scan_progress
from scripts.cli.signals import Interrupts
from scripts.cli.terminal import escape
from scripts.dead_letters.change_session import Change, changing
from scripts.dead_letters.commands.export_import import announce, check_all_there, tell
from scripts.dead_letters.discard import Discard, check_count
from scripts.dead_letters.export import Exported, export
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
    meant,
)
from scripts.dead_letters.reports.files import discard_data, discard_lines, export_data, export_lines
from scripts.dead_letters.service import DeadLetters
from scripts.dead_letters.session import NOTICES, opened_dead_letters

ExportOption = Annotated[
    Path | None,
    typer.Option(
        "--export", help="The file to export them to first [your state folder, see docs/privacy.md].", dir_okay=False
    ),
]
CountOption = Annotated[int | None, typer.Option(help="How many these are, where nobody can be asked to type it.")]


class Order(NamedTuple):
    """What is to be discarded, and how."""

    filters: Filters
    file: Path
    said: int | None
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
    """Throws dead letters away, once they are exported and you have typed how many they are, else exits 3.

    Example: alma-webhooks dead-letters discard --cause not-parsed --until 7d --stage prod
    """
    filters = meant(filters_of(ids, action, event, route, target, cause, profile, since, until, where), all_=all_)
    with opened_dead_letters(stage, stack, endpoint_url) as dead_letters:
        file = export_file or new_export("discarded", dead_letters.scope.stack.name, dead_letters.now)
        _discard(dead_letters, Order(filters, file, count, audit_file, output))


def _discard(dead_letters: DeadLetters, order: Order) -> None:
    announce(dead_letters)
    selection, exported, data = Selection(order.filters, dead_letters.now), Exported(), {}
    discard: Discard | None = None
    try:
        with (
            Interrupts() as interrupts,
            changing(dead_letters, "discard", audit_file=order.audit_file, filters=order.filters) as change,
        ):
            _export(dead_letters, selection, exported, order.file, change)
            data = export_data(exported, selection, order.file)
            _notice(data)
            if exported.dead_letters:
                check_count(
                    exported.dead_letters, order.said if order.said is not None else _typed(exported.dead_letters)
                )
                discard = Discard(dead_letters, change, exported.messages, interrupts.deferred)
                with scan_progress(NOTICES) as progress:
                    discard.run(progress)
    except KeyboardInterrupt:
        raise StoppedError(_interrupted(order.file, discard)) from None
    finally:
        _drop_unless_begun(order.file, exported, discard)
        _tell(data, discard, order.output)
    check_all_there(exported, selection)
    if discard and (discard.refused or discard.moved):
        raise FailedError("Not all of them were discarded.")


def _has_begun(discard: Discard | None) -> bool:
    """Whether dead letters may be gone, so that the export may be all that is left of them."""
    return discard is not None and discard.has_begun


def _interrupted(file: Path, discard: Discard | None) -> str:
    kept = f"{file} has what was exported" if _has_begun(discard) else "nothing was discarded"
    return (
        f"Interrupted: {kept}; what was not discarded is visible again, at most ten dead letters only in some minutes."
    )


def _drop_unless_begun(file: Path, exported: Exported, discard: Discard | None) -> None:
    """Remove the export of a command that was rejected, failed or interrupted before a dead letter could be gone."""
    if exported.dead_letters and not _has_begun(discard):
        file.unlink(missing_ok=True)
        NOTICES.print(f"nothing was discarded, and {escape(str(file))} was removed")


def _export(dead_letters: DeadLetters, selection: Selection, exported: Exported, file: Path, change: Change) -> None:
    with ExportWriter(file, dead_letters.scope.told()) as writer, scan_progress(NOTICES) as progress:
        export(dead_letters, selection, writer, progress, exported, renew=change.renew)


def _notice(data: dict[str, Any]) -> None:
    for line in export_lines(data):
        NOTICES.print(line)


def _typed(dead_letters: int) -> int | None:
    """What an operator types; None where it is no number, or where there is nobody to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    NOTICES.print(f"type {dead_letters} to discard {plural(dead_letters, 'dead_letter')}:", end=" ")
    answer = sys.stdin.readline().strip()
    return int(answer) if answer.isdecimal() else None


def _tell(data: dict[str, Any], discard: Discard | None, output: Output) -> None:
    """The result, or as much as there is; people have been told of the export."""
    if data and not _has_begun(discard):
        data = data | {"file": None}
    if discard:
        tell(data | discard_data(discard), discard_lines, output)
    elif output is Output.json and data:
        tell(data | {"discarded": 0}, discard_lines, output)
