"""The command `dead-letters replay`: flags and printing; it sends and deletes nothing itself."""

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from scripts.cli.exit_codes import FailedError, RejectedError, StoppedError
from scripts.cli.options import AuditOption, EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.cli.plural import plural
from scripts.cli.progress import scan_progress
from scripts.cli.rate_limiter import Rate
from scripts.cli.signals import Interrupts
from scripts.dead_letters.change_session import changing
from scripts.dead_letters.commands.export_import import YesOption, announce, tell
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
from scripts.dead_letters.replay import Manner, Replay
from scripts.dead_letters.replay_plan import ReplayPlan
from scripts.dead_letters.reports.replay import done_data, lines, plan_data
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.service import DeadLetters
from scripts.dead_letters.session import NOTICES, opened_dead_letters

RedeliverOption = Annotated[
    bool, typer.Option("--redeliver", help="Deliver to every target again, also to those that have the event.")
]
BeyondOption = Annotated[
    bool, typer.Option("--ignore-replay-limit", help="Also what was replayed three times or more already.")
]
RateOption = Annotated[float, typer.Option(min=0.1, max=1000, help="Dead letters a second, at most.")]

EXAMPLES = "Example: alma-webhooks dead-letters replay --cause transient --since 24h --stage prod --yes"


class Order(NamedTuple):
    """What is to be replayed, and how."""

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
    ignore_replay_limit: BeyondOption = False,  # noqa: FBT002 -- a flag
    rate: RateOption = 20,
    audit_file: AuditOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Puts dead letters back on the webhook queue, as they came; without --yes, says what it would do.

    Targets that have an event are not served again. Exits 1 if one was not sent, 3 if all are kept back.
    """
    filters = meant(filters_of(ids, action, event, route, target, cause, profile, since, until, where), all_=all_)
    with opened_dead_letters(stage, stack, endpoint_url) as dead_letters:
        _replay(dead_letters, Order(filters, yes, redeliver, ignore_replay_limit, rate, audit_file), output)


def _replay(dead_letters: DeadLetters, order: Order, output: Output) -> None:
    announce(dead_letters)
    selection = Selection(order.filters, dead_letters.now)
    data = _done(dead_letters, order, selection, output) if order.yes else _planned(dead_letters, order, selection)
    if not order.yes:
        tell(data, lines, output)
    if data["missing"]:
        missing = plural(len(data["missing"]), "id that was named is", "ids that were named are")
        raise FailedError(f"{missing} not among the dead letters.")
    if order.yes and (data["send_failed"] or data["delete_failed"]):
        raise FailedError("Not all was done: run it again for what is left.")
    if order.yes and data["kept_back"] and data["kept_back"] == data["chosen"]:
        raise RejectedError("All of them are kept back: see first why they die, then say --ignore-replay-limit.")


def _planned(dead_letters: DeadLetters, order: Order, selection: Selection) -> dict[str, Any]:
    plan = ReplayPlan(dead_letters.now, order.ignore_replay_limit)
    try:
        with Interrupts(), scan_progress(NOTICES) as progress, Scan(dead_letters.queue, progress) as scan:
            for dead_letter in scan.dead_letters():
                if read := selection.chosen(dead_letter, dead_letters.reader, dead_letters.reader.read):
                    plan.add(read)
    except KeyboardInterrupt:
        raise StoppedError(
            "Interrupted: nothing was changed. All dead letters are visible again, up to ten after some minutes."
        ) from None
    return plan_data(plan, scan, selection, redeliver=order.redeliver)


def _done(dead_letters: DeadLetters, order: Order, selection: Selection, output: Output) -> dict[str, Any]:
    """Replays, and prints what was done, however that ends."""
    replaying: Replay | None = None
    try:
        with (
            Interrupts() as interrupts,
            changing(dead_letters, "replay", audit_file=order.audit_file, filters=order.filters) as change,
            scan_progress(NOTICES) as progress,
            Scan(dead_letters.queue, progress, renew=change.renew) as scan,
        ):
            manner = Manner(Rate(order.rate), order.redeliver, order.ignore_replay_limit, interrupts.deferred)
            replaying = Replay(dead_letters, change, scan, manner)
            replaying.run(selection)
    except KeyboardInterrupt:
        raise StoppedError(
            "Interrupted: the rest is visible again, at most ten dead letters after some minutes; run it again for "
            "the rest."
        ) from None
    finally:
        if replaying:
            tell(done_data(replaying, selection), lines, output)
    return done_data(replaying, selection)
