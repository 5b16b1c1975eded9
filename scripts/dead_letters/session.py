"""Open the service of dead letters for a command, with progress bars, AWS errors explained and Ctrl-C handled."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from shlex import quote
from typing import Any, Final

from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import FailedError
from scripts.cli.options import StackFlags
from scripts.cli.output import NOTICES, notice
from scripts.cli.plural import plural
from scripts.cli.progress import ConsoleProgress
from scripts.cli.terminal import escape
from scripts.dead_letters.export_file import ExportResult
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import open_dead_letters

# A call that is interrupted may have received ten dead letters whose receipt handles nobody has.
VISIBLE_AGAIN: Final = "All dead letters are visible again, up to ten of them only after some minutes."
NOTHING_CHANGED: Final = f"Interrupted: nothing changed. {VISIBLE_AGAIN}"


def service_for_reading(
    stack: StackFlags, queue: QueueName = QueueName.webhooks
) -> AbstractContextManager[DeadLetterService]:
    """Return the service of the stack that the flags name, for a command that never changes anything."""
    return service_for_changes(stack, f"Interrupted. {VISIBLE_AGAIN}", queue=queue)


@contextmanager
def service_for_changes(
    stack: StackFlags,
    interrupted: str | Callable[[], str],
    audit_file: Path | None = None,
    queue: QueueName = QueueName.webhooks,
) -> Iterator[DeadLetterService]:
    """Yield the service for a command that changes something. After Ctrl-C print the sentence `interrupted`."""
    with stack_command(stack, interrupted) as (scope, interrupts):
        store = open_dead_letters(scope, queue)
        yield DeadLetterService(store, ConsoleProgress(NOTICES), interrupts.deferred, audit_file)


def check_all_found(selection: Selection) -> None:
    """Raise FailedError if an ID was not found."""
    if selection.missing:
        raise FailedError(f"{plural(len(selection.missing), 'ID')} not found among the dead letters.")


def check_all_exported(exported: ExportResult, selection: Selection) -> None:
    """Raise FailedError if a dead letter could not be exported, or an ID was not found."""
    if exported.unread:
        raise FailedError(
            "Some dead letters were not exported: check access to the overflow bucket, then run the command again."
        )
    check_all_found(selection)


def print_missing(ids: Sequence[str], found: Iterable[Mapping[str, Any]], options: str) -> bool:
    """Print a notice for each ID that no dead letter in `found` has, and return whether there is one.

    `options` are the flags with which another command finds the same stack.
    """
    known = {dead_letter[name] for dead_letter in found for name in ("id", "message_id")}
    missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in known]
    for id_ in missing:
        notice(
            f"Dead letter {escape(id_)} not found. To see what happened to it: "
            f"alma-webhooks trace {quote(escape(id_))} {options}"
        )
    return bool(missing)
