"""The command `dead-letters edit`: flags and output."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from ingest.envelope import Envelope
from scripts.aws.clock import aws_clock
from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.options import (
    AuditOption,
    EmulatorOption,
    JudgedRoutesOption,
    Output,
    OutputOption,
    StackOption,
    StageName,
    StageOption,
)
from scripts.cli.plural import plural
from scripts.cli.progress import scan_progress
from scripts.cli.rate_limiter import Rate
from scripts.cli.signals import Interrupts
from scripts.cli.terminal import escape
from scripts.dead_letters.change_session import open_change_session
from scripts.dead_letters.commands.export_import import print_result, print_scope
from scripts.dead_letters.commands.replay import IgnoreReplayLimitOption
from scripts.dead_letters.edit import FoundDeadLetter, corrected_envelope, edit, find_one, read_correction
from scripts.dead_letters.explain import target_names_of
from scripts.dead_letters.exports_folder import new_export
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.flags import YesOption
from scripts.dead_letters.replay import Replay, ReplayOptions
from scripts.dead_letters.replay_message import ReplayedBy
from scripts.dead_letters.reports.replay import lines, result_data
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.service import DeadLetterStore
from scripts.dead_letters.session import NOTICES, VISIBLE_AGAIN, opened_dead_letters
from scripts.routes.explain import as_data, explain
from scripts.routes.judged_routes import known_routes

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Receipt ID or message ID of the dead letter.")]
WithOption = Annotated[
    Path, typer.Option("--with", metavar="FILE", help="File with the corrected body.", dir_okay=False)
]
ExportOption = Annotated[
    Path | None,
    typer.Option(
        "--export",
        metavar="FILE",
        help="New file for the original (default: a file in your state folder, see docs/privacy.md).",
        dir_okay=False,
    ),
]

EXAMPLES: Final = "Example: alma-webhooks dead-letters edit 5f0c… --with corrected.json --stage prod --yes"

_RUN_AGAIN: Final = "Run the command again if the dead letter is still there."


class EditRequest(NamedTuple):
    """The dead letter to edit, its corrected body, and the options."""

    id: str
    body: bytes
    export: Path | None
    ignore_replay_limit: bool
    audit_file: Path | None
    routes: Path | None


def edit_dead_letter(
    id_: IdArgument,
    with_: WithOption,
    export: ExportOption = None,
    yes: YesOption = False,  # noqa: FBT002 -- a flag
    ignore_replay_limit: IgnoreReplayLimitOption = False,  # noqa: FBT002 -- a flag
    audit_file: AuditOption = None,
    routes: JudgedRoutesOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Replay a dead letter with a corrected body; a dry run without --yes. Export the original first.

    It stays the same event: targets that have it do not get it again. Exit 3 if FILE is not an event, or not a change.
    """
    body = read_correction(with_)
    with opened_dead_letters(stage, stack, endpoint_url) as dead_letters:
        print_scope(dead_letters)
        request = EditRequest(id_, body, export, ignore_replay_limit, audit_file, routes)
        _edit(dead_letters, request, output) if yes else _plan(dead_letters, request, output)


def _plan(dead_letters: DeadLetterStore, request: EditRequest, output: Output) -> None:
    scope = dead_letters.scope
    try:
        with Interrupts(), scan_progress(NOTICES) as progress, Scan(dead_letters.queue, progress) as scan:
            found = find_one(scan, dead_letters.reader, request.id)
    except KeyboardInterrupt:
        raise StoppedError(f"Interrupted: nothing changed. {VISIBLE_AGAIN}") from None
    envelope = _corrected(dead_letters, found, request, "nobody yet")
    judged = known_routes(scope, request.routes)
    explanation = as_data(explain(envelope, judged.routes(), target_names_of(scope), stage=scope.stage))
    deliveries = [{"route": one["route"], "target": one["target"]} for one in explanation["deliveries"]]
    members = {name: explanation[name] for name in ("action", "event", "identity", "failure")}
    facts = {"dry_run": True, "id": request.id, "bytes": len(request.body), "routes": judged.description}
    print_result(facts | members | {"deliveries": deliveries}, _plan_lines, output)


def _plan_lines(data: dict[str, Any]) -> Iterator[str]:
    for delivery in data["deliveries"]:
        yield escape(f"deliver  {delivery['target']} by route {delivery['route']}, unless it has the event")
    if failure := data["failure"]:
        yield escape(f"dead     {failure['class']}: {failure['reason']}")
    elif not data["deliveries"]:
        yield "ignored  no route matches this event"
    yield escape(f"dry run: would replay {data['id']} with {plural(data['bytes'], 'byte')}; pass --yes to apply")
    yield escape(data["routes"])


def _edit(dead_letters: DeadLetterStore, request: EditRequest, output: Output) -> None:
    """Replay the corrected dead letter; print the result also after a failure or an interruption."""
    replay: Replay | None = None
    filters = Filters(ids=(request.id,))
    selection = Selection(filters, dead_letters.now)
    try:
        with (
            Interrupts() as interrupts,
            open_change_session(dead_letters, "edit", audit_file=request.audit_file, filters=filters) as change,
            scan_progress(NOTICES) as progress,
            Scan(dead_letters.queue, progress, renew=change.renew) as scan,
        ):
            found = find_one(scan, dead_letters.reader, request.id, change.renew)
            selection.matches(found.read)
            envelope = _corrected(dead_letters, found, request, change.who)
            file = request.export or new_export("edited", dead_letters.scope.stack.name, dead_letters.now)
            NOTICES.print(f"exporting the original to {escape(str(file))}")
            options = ReplayOptions(Rate(1), deferred=interrupts.deferred, message="edited")
            replay = Replay(dead_letters, change, scan, options)
            edit(dead_letters, replay, found, envelope, file)
    except KeyboardInterrupt:
        raise StoppedError(f"Interrupted. {VISIBLE_AGAIN} {_RUN_AGAIN}") from None
    finally:
        if replay:
            print_result(result_data(replay, selection), lines, output)
    if replay.result.send_failed or replay.result.delete_failed:
        raise FailedError(f"The edit is incomplete. {_RUN_AGAIN}")


def _corrected(dead_letters: DeadLetterStore, found: FoundDeadLetter, request: EditRequest, who: str) -> Envelope:
    by = ReplayedBy(who, aws_clock(dead_letters.now)())
    return corrected_envelope(found, request.body, by, ignore_replay_limit=request.ignore_replay_limit)
