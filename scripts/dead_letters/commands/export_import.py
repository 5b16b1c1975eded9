"""The commands `dead-letters export` and `import`: flags and printing; they read, write and send nothing themselves."""

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
from scripts.dead_letters.change_session import changing
from scripts.dead_letters.export import Exported, export
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
    filters_of,
    meant,
)
from scripts.dead_letters.import_ import Import, Imported, keys_there
from scripts.dead_letters.reports.files import export_data, export_lines, import_data, import_lines
from scripts.dead_letters.service import DeadLetters
from scripts.dead_letters.session import NOTICES, opened_dead_letters

NewFileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file to make, a line a dead letter.")]
FileArgument = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="A file that export has made.", exists=True, dir_okay=False, readable=True),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it. Without, only what it would do is told.")]


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
    """Writes dead letters to a new file that you alone can read: bodies, attributes, digests. Changes nothing.

    The file holds patron data as it came. Exits 1 if a body could not be read, or an id is not
    there.

    Example: alma-webhooks dead-letters export today.jsonl --since 24h --cause template --stage prod
    """
    filters = meant(filters_of(ids, action, event, route, target, cause, profile, since, until, where), all_=all_)
    with opened_dead_letters(stage, stack, endpoint_url) as dead_letters:
        _export(dead_letters, filters, file, output)


def _export(dead_letters: DeadLetters, filters: Filters, file: Path, output: Output) -> None:
    announce(dead_letters)
    selection, exported = Selection(filters, dead_letters.now), Exported()
    try:
        with Interrupts(), ExportWriter(file, dead_letters.scope.told()) as writer, scan_progress(NOTICES) as progress:
            export(dead_letters, selection, writer, progress, exported)
    except KeyboardInterrupt:
        has = (
            f"{file} has {plural(exported.dead_letters, 'dead_letter')}"
            if exported.dead_letters and file.exists()
            else "nothing was exported"
        )
        raise StoppedError(
            f"Interrupted: {has}; all are visible again, at most ten of them only in some minutes."
        ) from None
    tell(export_data(exported, selection, file), export_lines, output)
    check_all_there(exported, selection)


def import_dead_letters(
    file: FileArgument,
    yes: YesOption = False,  # noqa: FBT002 -- a flag
    audit_file: AuditOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Puts exported dead letters on the stack's dead-letter queue; without --yes, says what it would do.

    They wait there as before, and are delivered by nothing but a replay. What is there already is left out. Exits 1 if
    a line was refused or not sent.

    Example: alma-webhooks dead-letters import today.jsonl --stage dev --yes
    """
    with opened_dead_letters(stage, stack, endpoint_url) as dead_letters:
        announce(dead_letters)
        done = _import(dead_letters, file, audit_file, output) if yes else _plan(dead_letters, file, output)
    if done.refused or done.failed:
        raise FailedError(f"Not every line of {file} {'was' if yes else 'would be'} imported.")


def _plan(dead_letters: DeadLetters, file: Path, output: Output) -> Imported:
    try:
        with Interrupts():
            importing = Import(dead_letters, _there(dead_letters))
            _run(importing, file)
    except KeyboardInterrupt:
        raise StoppedError(
            "Interrupted: nothing was changed. All dead letters are visible again, up to ten after some minutes."
        ) from None
    tell(import_data(importing.done, file, is_done=False), import_lines, output)
    return importing.done


def _import(dead_letters: DeadLetters, file: Path, audit_file: Path | None, output: Output) -> Imported:
    """Imports, and tells what was done, however that ends."""
    importing: Import | None = None
    try:
        with Interrupts() as interrupts, changing(dead_letters, "import", audit_file=audit_file) as change:
            importing = Import(dead_letters, _there(dead_letters, change.renew), change, interrupts.deferred)
            _run(importing, file)
    except KeyboardInterrupt:
        raise StoppedError("Interrupted: run it again for the rest, what is there is left out.") from None
    finally:
        if importing:
            tell(import_data(importing.done, file, is_done=True), import_lines, output)
    return importing.done


def _there(dead_letters: DeadLetters, renew: Callable[[], None] = lambda: None) -> set[bytes]:
    with scan_progress(NOTICES) as progress:
        return keys_there(dead_letters, progress, renew)


def _run(importing: Import, file: Path) -> None:
    with file_progress(NOTICES, file) as progress:
        importing.run(file, progress)


def announce(dead_letters: DeadLetters) -> None:
    """Tells account, region, stage and stack."""
    NOTICES.print(", ".join(f"{name} {value}" for name, value in dead_letters.scope.told().items()))


def check_all_there(exported: Exported, selection: Selection) -> None:
    """Raises FailedError when a dead letter could not be exported, or one that was named is not there."""
    if exported.unread:
        raise FailedError("Not all dead letters could be exported: see to the overflow bucket and run it again.")
    if selection.missing:
        missing = plural(len(selection.missing), "id that was named is", "ids that were named are")
        raise FailedError(f"{missing} not among the dead letters.")


def tell(data: dict[str, Any], lines: Callable[[dict[str, Any]], Iterator[str]], output: Output) -> None:
    """Prints what was done."""
    typer.echo(escaped_json(data) if output is Output.json else "\n".join(lines(data)))
