"""The commands `dead-letters export` and `import`: flags and output."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.options import AuditOption, EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.cli.plural import plural
from scripts.cli.progress import file_progress, scan_progress
from scripts.cli.signals import Interrupts
from scripts.cli.terminal import escaped_json
from scripts.dead_letters.change_session import open_change_session
from scripts.dead_letters.export import ExportResult, export
from scripts.dead_letters.export_file import ExportWriter
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
    YesOption,
    filters_of,
    require_selection,
)
from scripts.dead_letters.import_ import Import, ImportResult, keys_on_queue
from scripts.dead_letters.reports.files import export_data, export_lines, import_data, import_lines
from scripts.dead_letters.service import DeadLetterStore
from scripts.dead_letters.session import NOTICES, VISIBLE_AGAIN, opened_dead_letters

NewFileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="New file, with one line per dead letter.")]
FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="File that `dead-letters export` wrote.", exists=True, dir_okay=False, readable=True
    ),
]


def export_dead_letters(
    file: NewFileArgument,
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
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Export dead letters with bodies and attributes to a new file that only you can read. Change nothing.

    The file holds patron data unredacted. Exit 1 if a body could not be read or an ID was not found.

    Example: alma-webhooks dead-letters export today.jsonl --since 24h --cause template --stage prod
    """
    filters = filters_of(ids, action, event, route, target, cause, profile, since, until, where)
    require_selection(filters, all_=all_)
    with opened_dead_letters(stage, stack, endpoint_url) as dead_letters:
        _export(dead_letters, filters, file, output)


def _export(dead_letters: DeadLetterStore, filters: Filters, file: Path, output: Output) -> None:
    print_scope(dead_letters)
    selection, exported = Selection(filters, dead_letters.now), ExportResult()
    try:
        with Interrupts(), ExportWriter(file, dead_letters.scope.facts()) as writer, scan_progress(NOTICES) as progress:
            export(dead_letters, selection, writer, progress, exported)
    except KeyboardInterrupt:
        is_kept = exported.dead_letters and file.exists()
        result = f"{plural(exported.dead_letters, 'dead letter')} exported to {file}" if is_kept else "nothing exported"
        raise StoppedError(f"Interrupted: {result}. {VISIBLE_AGAIN}") from None
    print_result(export_data(exported, selection, file), export_lines, output)
    check_all_found(exported, selection)


def import_dead_letters(
    file: FileArgument,
    yes: YesOption = False,  # noqa: FBT002 -- a flag
    audit_file: AuditOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Put exported dead letters on the stack's dead-letter queue; a dry run without --yes.

    Only a replay delivers them. Dead letters that are on the queue already are skipped. Exit 1 if a line is invalid or
    could not be sent.

    Example: alma-webhooks dead-letters import today.jsonl --stage dev --yes
    """
    with opened_dead_letters(stage, stack, endpoint_url) as dead_letters:
        print_scope(dead_letters)
        result = _import(dead_letters, file, audit_file, output) if yes else _plan(dead_letters, file, output)
    if result.invalid or result.failed:
        raise FailedError(f"Some lines of {file} {'were' if yes else 'would be'} not imported: see the reasons above.")


def _plan(dead_letters: DeadLetterStore, file: Path, output: Output) -> ImportResult:
    try:
        with Interrupts():
            importing = Import(dead_letters, _keys_on_queue(dead_letters))
            _run(importing, file)
    except KeyboardInterrupt:
        raise StoppedError(f"Interrupted: nothing changed. {VISIBLE_AGAIN}") from None
    print_result(import_data(importing.result, file, is_done=False), import_lines, output)
    return importing.result


def _import(dead_letters: DeadLetterStore, file: Path, audit_file: Path | None, output: Output) -> ImportResult:
    """Import the file; print the result also after a failure or an interruption."""
    importing: Import | None = None
    try:
        with Interrupts() as interrupts, open_change_session(dead_letters, "import", audit_file=audit_file) as change:
            importing = Import(dead_letters, _keys_on_queue(dead_letters, change.renew), change, interrupts.deferred)
            _run(importing, file)
    except KeyboardInterrupt:
        raise StoppedError(
            "Interrupted. Run the command again to import the rest; imported dead letters are skipped."
        ) from None
    finally:
        if importing:
            print_result(import_data(importing.result, file, is_done=True), import_lines, output)
    return importing.result


def _keys_on_queue(dead_letters: DeadLetterStore, renew: Callable[[], None] = lambda: None) -> set[bytes]:
    with scan_progress(NOTICES) as progress:
        return keys_on_queue(dead_letters, progress, renew)


def _run(importing: Import, file: Path) -> None:
    with file_progress(NOTICES, file) as progress:
        importing.run(file, progress)


def print_scope(dead_letters: DeadLetterStore) -> None:
    """Print account, region, stage and stack."""
    NOTICES.print(", ".join(f"{name} {value}" for name, value in dead_letters.scope.facts().items()))


def check_all_found(exported: ExportResult, selection: Selection) -> None:
    """Raise FailedError if a dead letter could not be exported, or an ID was not found."""
    if exported.unread:
        raise FailedError(
            "Some dead letters were not exported: check access to the overflow bucket, then run the command again."
        )
    if selection.missing:
        raise FailedError(f"{plural(len(selection.missing), 'ID')} not found among the dead letters.")


def print_result(data: dict[str, Any], lines: Callable[[dict[str, Any]], Iterator[str]], output: Output) -> None:
    """Print the result as JSON, or as the text of `lines`."""
    typer.echo(escaped_json(data) if output is Output.json else "\n".join(lines(data)))
