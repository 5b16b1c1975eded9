"""The command `dead-letters replay`: flags and output."""

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from scripts.cli.exit_codes import FailedError, RejectedError, StoppedError
from scripts.cli.options import AuditOption, EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.cli.plural import plural
from scripts.cli.progress import scan_progress
from scripts.cli.rate_limiter import Rate
from scripts.cli.signals import Interrupts
from scripts.dead_letters.change_session import open_change_session
from scripts.dead_letters.commands.export_import import print_result, print_scope
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
from scripts.dead_letters.replay import Replay, ReplayOptions
from scripts.dead_letters.replay_plan import ReplayPlan
from scripts.dead_letters.reports.replay import lines, plan_data, result_data
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.service import DeadLetterStore
from scripts.dead_letters.session import NOTICES, VISIBLE_AGAIN, opened_dead_letters

RedeliverOption = Annotated[
    bool, typer.Option("--redeliver", help="Deliver to every target again, even to those that have the event.")
]
IgnoreReplayLimitOption = Annotated[
    bool, typer.Option("--ignore-replay-limit", help="Also replay what was replayed three times or more.")
]
RateOption = Annotated[float, typer.Option(min=0.1, max=1000, help="Maximum dead letters per second.")]

EXAMPLES = "Example: alma-webhooks dead-letters replay --cause transient --since 24h --stage prod --yes"


class ReplayRequest(NamedTuple):
    """The selection to replay, and the options."""

    filters: Filters
    yes: bool
    redeliver: bool
    ignore_replay_limit: bool
    rate: float
    audit_file: Path | None


def replay(
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
    yes: YesOption = False,  # noqa: FBT002 -- a flag
    redeliver: RedeliverOption = False,  # noqa: FBT002 -- a flag
    ignore_replay_limit: IgnoreReplayLimitOption = False,  # noqa: FBT002 -- a flag
    rate: RateOption = 20,
    audit_file: AuditOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Send dead letters back to the webhook queue, unchanged; a dry run without --yes.

    Targets that have an event do not get it again. Exit 1 if one was not sent, 3 if all are kept back.
    """
    filters = filters_of(ids, action, event, route, target, cause, profile, since, until, where)
    require_selection(filters, all_=all_)
    with opened_dead_letters(stage, stack, endpoint_url) as dead_letters:
        _replay(dead_letters, ReplayRequest(filters, yes, redeliver, ignore_replay_limit, rate, audit_file), output)


def _replay(dead_letters: DeadLetterStore, request: ReplayRequest, output: Output) -> None:
    print_scope(dead_letters)
    selection = Selection(request.filters, dead_letters.now)
    if request.yes:
        data = _run(dead_letters, request, selection, output)
    else:
        data = _plan(dead_letters, request, selection)
        print_result(data, lines, output)
    if data["missing"]:
        raise FailedError(f"{plural(len(data['missing']), 'ID')} not found among the dead letters.")
    if request.yes and (data["send_failed"] or data["delete_failed"]):
        raise FailedError("The replay is incomplete: run the command again to replay the rest.")
    if request.yes and data["kept_back"] and data["kept_back"] == data["chosen"]:
        raise RejectedError(
            "All of them are kept back: find out why they keep failing, then pass --ignore-replay-limit."
        )


def _plan(dead_letters: DeadLetterStore, request: ReplayRequest, selection: Selection) -> dict[str, Any]:
    plan = ReplayPlan(dead_letters.now, request.ignore_replay_limit)
    try:
        with Interrupts(), scan_progress(NOTICES) as progress, Scan(dead_letters.queue, progress) as scan:
            for dead_letter in scan.dead_letters():
                if read := selection.select(dead_letter, dead_letters.reader, dead_letters.reader.read):
                    plan.add(read)
    except KeyboardInterrupt:
        raise StoppedError(f"Interrupted: nothing changed. {VISIBLE_AGAIN}") from None
    return plan_data(plan, scan, selection, redeliver=request.redeliver)


def _run(dead_letters: DeadLetterStore, request: ReplayRequest, selection: Selection, output: Output) -> dict[str, Any]:
    """Replay; print the result also after a failure or an interruption."""
    replaying: Replay | None = None
    try:
        with (
            Interrupts() as interrupts,
            open_change_session(
                dead_letters, "replay", audit_file=request.audit_file, filters=request.filters
            ) as change,
            scan_progress(NOTICES) as progress,
            Scan(dead_letters.queue, progress, renew=change.renew) as scan,
        ):
            options = ReplayOptions(
                Rate(request.rate), request.redeliver, request.ignore_replay_limit, interrupts.deferred
            )
            replaying = Replay(dead_letters, change, scan, options)
            replaying.run(selection)
    except KeyboardInterrupt:
        raise StoppedError(
            "Interrupted. The rest is visible again, up to ten dead letters only after some minutes. Run the command "
            "again to replay it."
        ) from None
    finally:
        if replaying:
            print_result(result_data(replaying, selection), lines, output)
    return result_data(replaying, selection)
