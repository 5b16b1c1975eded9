"""The command `dead-letters edit`: flags and output."""

from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.cli.exit_codes import FailedError
from scripts.cli.options import AuditOption, JudgedRoutesOption, Output, OutputOption, StackFlags
from scripts.cli.output import print_notice, print_result
from scripts.cli.terminal import escape
from scripts.dead_letters.edit import EditRequest, EditResult, read_correction
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.flags import IgnoreReplayLimitOption, YesOption
from scripts.dead_letters.reports.replay import edit_plan_data, edit_plan_lines, lines, result_data
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.session import NOTHING_CHANGED, VISIBLE_AGAIN, service_for_changes

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
_INTERRUPTED: Final = f"Interrupted. {VISIBLE_AGAIN} {_RUN_AGAIN}"


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
    with service_for_changes(stack, _INTERRUPTED if yes else NOTHING_CHANGED, audit_file) as service:
        if yes:
            _edit(service, request, output)
        else:
            print_result(edit_plan_data(service.plan_edit(request, routes)), edit_plan_lines, output)


def _edit(service: DeadLetterService, request: EditRequest, output: Output) -> None:
    """Replay the corrected dead letter; print the result also after a failure or an interruption."""
    result = EditResult(service.select(Filters(ids=(request.id,))))
    try:
        service.edit(request, result)
    finally:
        if result.file:
            print_notice(f"exporting the original to {escape(str(result.file))}")
            print_result(result_data(result.replay, result.selection), lines, output)
    if result.replay.send_failed or result.replay.delete_failed:
        raise FailedError(f"The edit is incomplete. {_RUN_AGAIN}")
