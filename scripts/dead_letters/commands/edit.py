"""The command `dead-letters edit`: flags and printing; it corrects, exports and sends nothing itself."""

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
from scripts.dead_letters.change_session import changing
from scripts.dead_letters.commands.export_import import YesOption, announce, tell
from scripts.dead_letters.commands.replay import BeyondOption
from scripts.dead_letters.edit import Found, corrected, correction, edit, find_one
from scripts.dead_letters.explain import target_names_of
from scripts.dead_letters.exports_folder import new_export
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.replay import Manner, Replay
from scripts.dead_letters.replay_message import ReplayedBy
from scripts.dead_letters.reports.replay import done_data, lines
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.service import DeadLetters
from scripts.dead_letters.session import NOTICES, opened_dead_letters
from scripts.routes.explain import as_data, explain
from scripts.routes.judged_routes import known_routes

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="A receipt id, or the id of a message.")]
WithOption = Annotated[Path, typer.Option("--with", metavar="FILE", help="The corrected body.", dir_okay=False)]
ExportOption = Annotated[
    Path | None,
    typer.Option(
        "--export",
        metavar="FILE",
        help="The new file for the original [your state folder, see docs/privacy.md].",
        dir_okay=False,
    ),
]

EXAMPLES: Final = "Example: alma-webhooks dead-letters edit 5f0c… --with corrected.json --stage prod --yes"


class Order(NamedTuple):
    """Which dead letter gets which body, and how."""

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
    ignore_replay_limit: BeyondOption = False,  # noqa: FBT002 -- a flag
    audit_file: AuditOption = None,
    routes: JudgedRoutesOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Replays a dead letter with a corrected body, as the event that it was: targets that have it do not get it again.

    Without --yes, says what it would do. Exports the original first. Exits 3 if the file is no event, or no correction.
    """
    body = correction(with_)
    with opened_dead_letters(stage, stack, endpoint_url) as dead_letters:
        announce(dead_letters)
        order = Order(id_, body, export, ignore_replay_limit, audit_file, routes)
        _edit(dead_letters, order, output) if yes else _plan(dead_letters, order, output)


def _plan(dead_letters: DeadLetters, order: Order, output: Output) -> None:
    scope = dead_letters.scope
    try:
        with Interrupts(), scan_progress(NOTICES) as progress, Scan(dead_letters.queue, progress) as scan:
            found = find_one(scan, dead_letters.reader, order.id)
    except KeyboardInterrupt:
        raise StoppedError(
            "Interrupted: nothing was changed. All dead letters are visible again, up to ten after some minutes."
        ) from None
    envelope = _corrected(dead_letters, found, order, "nobody yet")
    judged = known_routes(scope, order.routes)
    explanation = as_data(explain(envelope, judged.routes(), target_names_of(scope), stage=scope.stage))
    deliveries = [{"route": one["route"], "target": one["target"]} for one in explanation["deliveries"]]
    members = {name: explanation[name] for name in ("action", "event", "identity", "failure")}
    facts = {"dry_run": True, "id": order.id, "bytes": len(order.body), "routes": judged.description}
    tell(facts | members | {"deliveries": deliveries}, _plan_lines, output)


def _plan_lines(data: dict[str, Any]) -> Iterator[str]:
    for delivery in data["deliveries"]:
        yield escape(f"deliver  {delivery['target']} by route {delivery['route']}, unless it has the event already")
    if failure := data["failure"]:
        yield escape(f"dead     {failure['class']}: {failure['reason']}")
    elif not data["deliveries"]:
        yield "ignored  no route matches this event"
    yield escape(f"would replay {data['id']} with {plural(data['bytes'], 'byte')}; nothing was changed, --yes does it")
    yield escape(data["routes"])


def _edit(dead_letters: DeadLetters, order: Order, output: Output) -> None:
    """Replays the corrected dead letter, and prints what was done, however that ends."""
    replay: Replay | None = None
    filters = Filters(ids=(order.id,))
    selection = Selection(filters, dead_letters.now)
    try:
        with (
            Interrupts() as interrupts,
            changing(dead_letters, "edit", audit_file=order.audit_file, filters=filters) as change,
            scan_progress(NOTICES) as progress,
            Scan(dead_letters.queue, progress, renew=change.renew) as scan,
        ):
            found = find_one(scan, dead_letters.reader, order.id, change.renew)
            selection.holds(found.read)
            envelope = _corrected(dead_letters, found, order, change.who)
            file = order.export or new_export("edited", dead_letters.scope.stack.name, dead_letters.now)
            NOTICES.print(f"exporting the original to {file}")
            manner = Manner(Rate(1), deferred=interrupts.deferred, message="edited")
            replay = Replay(dead_letters, change, scan, manner)
            edit(dead_letters, replay, found, envelope, file)
    except KeyboardInterrupt:
        raise StoppedError(
            "Interrupted: what is left is visible again, at most ten dead letters only in some minutes; run it again."
        ) from None
    finally:
        if replay:
            tell(done_data(replay, selection), lines, output)
    if replay.done.send_failed or replay.done.delete_failed:
        raise FailedError("Not all was done: look whether the dead letter is there, and run it again.")


def _corrected(dead_letters: DeadLetters, found: Found, order: Order, who: str) -> Envelope:
    by = ReplayedBy(who, aws_clock(dead_letters.now)())
    return corrected(found, order.body, by, ignore_replay_limit=order.ignore_replay_limit)
