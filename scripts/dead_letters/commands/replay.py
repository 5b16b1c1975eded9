"""The commands `dead-letters replay` and `edit`: flags and output."""

from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.cli.options import AuditOption, JudgedRoutesOption, Output, OutputOption, StackFlags
from scripts.cli.output import notice, print_result
from scripts.cli.rate_limiter import Rate
from scripts.cli.terminal import escape
from scripts.dead_letters.edit import EditRequest, EditResult, read_correction
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.flags import Choice, IgnoreReplayLimitOption, YesOption, export_option
from scripts.dead_letters.replay import ReplayOptions, ReplayResult
from scripts.dead_letters.reports.replay import edit_plan_data, edit_plan_lines, lines, plan_data, result_data
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.session import NOTHING_CHANGED, VISIBLE_AGAIN, check_all_found, service_for_changes

RedeliverOption = Annotated[
    bool, typer.Option("--redeliver", help="Deliver to every target again, even to those that have the event.")
]
RateOption = Annotated[float, typer.Option(min=0.1, max=1000, help="Maximum dead letters per second.")]

EXAMPLES: Final = "Example: alma-webhooks dead-letters replay --cause transient --since 24h --stage prod --yes"

_INTERRUPTED: Final = (
    "Interrupted. The rest is visible again, up to ten dead letters only after some minutes. Run the command again to "
    "replay it."
)


def replay(
    *,
    choice: Choice,
    filters: Filters,
    yes: YesOption = False,
    redeliver: RedeliverOption = False,
    ignore_replay_limit: IgnoreReplayLimitOption = False,
    rate: RateOption = 20,
    audit_file: AuditOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Send dead letters back to the webhook queue, unchanged; a dry run without --yes.

    Targets that have an event do not get it again. Exit 1 if one was not sent, 3 if all are kept back.
    """
    chosen, options = choice.among(filters), ReplayOptions(Rate(rate), redeliver, ignore_replay_limit)
    with service_for_changes(stack, _INTERRUPTED if yes else NOTHING_CHANGED, audit_file) as service:
        selection = service.select(chosen)
        (_replay if yes else _plan)(service, selection, options, output)


def _plan(service: DeadLetterService, selection: Selection, options: ReplayOptions, output: Output) -> None:
    plan = service.plan_replay(selection, options)
    data = plan_data(plan, selection, redeliver=options.redeliver)
    print_result(output, data, lines(data))
    check_all_found(selection)


def _replay(service: DeadLetterService, selection: Selection, options: ReplayOptions, output: Output) -> None:
    """Replay; print the result also after a failure or an interruption."""
    result = ReplayResult()
    try:
        service.replay(selection, options, result)
    finally:
        if result.has_begun:
            data = result_data(result, selection)
            print_result(output, data, lines(data))
    check_all_found(selection)
    if result.send_failed or result.delete_failed:
        raise FailedError("The replay is incomplete: run the command again to replay the rest.")
    if result.kept_back and result.kept_back == result.chosen:
        raise RejectedError(
            "All of them are kept back: find out why they keep failing, then pass --ignore-replay-limit."
        )


IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Receipt ID or message ID of the dead letter.")]
WithOption = Annotated[
    Path, typer.Option("--with", metavar="FILE", help="File with the corrected body.", dir_okay=False)
]
ExportOption = Annotated[Path | None, export_option("the original")]

EDIT_EXAMPLES: Final = "Example: alma-webhooks dead-letters edit 5f0c… --with corrected.json --stage prod --yes"

_RUN_AGAIN: Final = "Run the command again if the dead letter is still there."
_EDIT_INTERRUPTED: Final = f"Interrupted. {VISIBLE_AGAIN} {_RUN_AGAIN}"


def edit_dead_letter(
    *,
    id_: IdArgument,
    with_: WithOption,
    export: ExportOption = None,
    yes: YesOption = False,
    ignore_replay_limit: IgnoreReplayLimitOption = False,
    audit_file: AuditOption = None,
    routes: JudgedRoutesOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Replay a dead letter with a corrected body; a dry run without --yes. Export the original first.

    It stays the same event: targets that have it do not get it again. Exit 3 if FILE is not an event, or not a change.
    """
    request = EditRequest(id_, read_correction(with_), export, ignore_replay_limit)
    with service_for_changes(stack, _EDIT_INTERRUPTED if yes else NOTHING_CHANGED, audit_file) as service:
        if yes:
            _edit(service, request, output)
        else:
            explanation, judged = service.plan_edit(request, routes)
            data = edit_plan_data(request, explanation, judged.description)
            print_result(output, data, edit_plan_lines(data))


def _edit(service: DeadLetterService, request: EditRequest, output: Output) -> None:
    """Replay the corrected dead letter; print the result also after a failure or an interruption."""
    result = EditResult(service.select(Filters(ids=(request.id,))))
    try:
        service.edit(request, result)
    finally:
        if result.file:
            notice(f"exporting the original to {escape(str(result.file))}")
            data = result_data(result.replay, result.selection)
            print_result(output, data, lines(data))
    if result.replay.send_failed or result.replay.delete_failed:
        raise FailedError(f"The edit is incomplete. {_RUN_AGAIN}")
