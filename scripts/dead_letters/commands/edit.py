"""The command `dead-letters edit`: flags, editor, confirmation and output.

Without a file there is a question, because after a dry run the edited body would be lost.
"""

from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.cli.editor import editor_command
from scripts.cli.exit_codes import FailedError
from scripts.cli.options import AuditOption, JudgedRoutesOption, Output, OutputOption, StackFlags
from scripts.cli.output import notice, print_result
from scripts.cli.terminal import escape
from scripts.dead_letters.commands.editor import edited
from scripts.dead_letters.edit import EditRequest, EditResult, read_correction
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.flags import IgnoreReplayLimitOption, YesOption, export_option
from scripts.dead_letters.queue_checks import check_is_of_product, check_without_routes
from scripts.dead_letters.queue_name import QueueName, QueueOption
from scripts.dead_letters.reports import replay
from scripts.dead_letters.reveal import reveal_body
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.session import NOTHING_CHANGED, VISIBLE_AGAIN, service_for_changes, service_for_reading

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Receipt ID or message ID of the dead letter.")]
WithOption = Annotated[
    Path | None,
    typer.Option(
        "--with", metavar="FILE", help="File with the corrected body (default: open your editor).", dir_okay=False
    ),
]
ExportOption = Annotated[Path | None, export_option("the original")]

EXAMPLES: Final = """Example: alma-webhooks dead-letters edit 5f0c… --with corrected.json --stage prod --yes

Or: alma-webhooks dead-letters edit 5f0c… --stage prod"""

_OTHERWISE: Final = "pass the corrected body as --with FILE"
_RUN_AGAIN: Final = "Run the command again if the dead letter is still there."
_INTERRUPTED: Final = f"Interrupted. {VISIBLE_AGAIN} {_RUN_AGAIN}"


def edit_dead_letter(
    *,
    id_: IdArgument,
    queue: QueueOption = QueueName.webhooks,
    with_: WithOption = None,
    export: ExportOption = None,
    yes: YesOption = False,
    ignore_replay_limit: IgnoreReplayLimitOption = False,
    audit_file: AuditOption = None,
    routes: JudgedRoutesOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Replay a dead letter with a corrected body; a dry run without --yes. Export the original first.

    It stays the same: targets that have the event do not get it again. Of a notification only `message` and
    `credentials` can change. Exit 3 if FILE is not valid, or not a change. Without --with the body is opened in the
    editor of VISUAL or EDITOR, and you are asked before it is replayed.
    """
    body = read_correction(with_, queue) if with_ else _edited(id_, stack, queue, audit_file)
    if body is None:
        notice("Nothing was changed: the body is the same.")
        return
    request = EditRequest(id_, body, export, ignore_replay_limit)
    interrupted = NOTHING_CHANGED if with_ and not yes else _INTERRUPTED
    with service_for_changes(stack, interrupted, audit_file, queue) as service:
        if not yes:
            _plan(service, request, routes, output)
        if yes or (not with_ and typer.confirm("Replay it?", err=True)):
            _edit(service, request, output)


def _plan(service: DeadLetterService, request: EditRequest, routes: Path | None, output: Output) -> None:
    """Print what the targets would get, or whether the service would get a notification."""
    if service.store.is_of_notifications:
        from scripts.dead_letters.notification_explain import explain_edit  # only now: these import much
        from scripts.dead_letters.reports import notification

        check_without_routes(routes)
        data = notification.edit_plan_data(request, explain_edit(service.store, *service.correct(request)))
        lines = notification.edit_plan_lines(data)
    else:
        explanation, judged = service.plan_edit(request, routes)
        data = replay.edit_plan_data(request, explanation, judged.description)
        lines = replay.edit_plan_lines(data)
    print_result(output, data, lines)


def _edited(id_: str, stack: StackFlags, queue: QueueName, audit_file: Path | None) -> bytes | None:
    """Open the body of a dead letter in the editor; return what was saved, or None if it is unchanged."""
    check_is_of_product(queue, "edit")
    editor = editor_command(_OTHERWISE)  # before AWS is asked for anything
    with service_for_reading(stack, queue) as service:
        body = reveal_body(service, id_, audit_file)
    return edited(body, editor, queue)


def _edit(service: DeadLetterService, request: EditRequest, output: Output) -> None:
    """Replay the corrected dead letter; print the result also after a failure or an interruption."""
    result = EditResult(service.select(Filters(ids=(request.id,))))
    try:
        service.edit(request, result)
    finally:
        if result.file:
            notice(f"exporting the original to {escape(str(result.file))}")
            data = replay.result_data(result.replay, result.selection)
            print_result(output, data, replay.lines(data))
    if result.replay.send_failed or result.replay.delete_failed:
        raise FailedError(f"The edit is incomplete. {_RUN_AGAIN}")
