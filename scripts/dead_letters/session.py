"""Open the dead letters of a stack for a command, with AWS errors explained and Ctrl-C handled. Print no result."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from shlex import quote
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from scripts.aws.context import aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import StoppedError
from scripts.cli.options import StageName
from scripts.cli.progress import CountProgress, scan_progress
from scripts.cli.signals import Interrupts
from scripts.cli.terminal import escape
from scripts.dead_letters.service import DeadLetterStore, open_dead_letters

# Progress and notices; results go to standard output.
NOTICES: Final = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)

# A call that is interrupted may have received ten dead letters whose receipt handles nobody has.
VISIBLE_AGAIN: Final = "All dead letters are visible again, up to ten of them only after some minutes."

RequiredIdsArgument = Annotated[
    list[str],
    typer.Argument(metavar="ID…", help="Receipt IDs, or message IDs of messages that have none.", show_default=False),
]


@contextmanager
def opened_dead_letters(stage: StageName, stack: str | None, endpoint_url: str | None) -> Iterator[DeadLetterStore]:
    """Yield the dead letters of the stack that the options select. Raise ConfigurationError or FailedError."""
    with aws_errors_explained():
        yield open_dead_letters(open_stack_context(stage.value, stack, endpoint_url))


@contextmanager
def opened_for_reading(
    stage: StageName, stack: str | None, endpoint_url: str | None
) -> Iterator[tuple[DeadLetterStore, CountProgress]]:
    """Yield the dead letters and a progress bar, for a command that changes nothing. Raise StoppedError on Ctrl-C."""
    try:
        with (
            Interrupts(),
            opened_dead_letters(stage, stack, endpoint_url) as dead_letters,
            scan_progress(NOTICES) as progress,
        ):
            yield dead_letters, progress
    except KeyboardInterrupt:
        raise StoppedError(f"Interrupted. {VISIBLE_AGAIN}") from None


def print_missing(ids: Sequence[str], found: Iterable[Mapping[str, Any]], options: str) -> bool:
    """Print a notice for each ID that no dead letter in `found` has, and return whether there is one.

    `options` are the flags with which another command finds the same stack.
    """
    known = {dead_letter[name] for dead_letter in found for name in ("id", "message_id")}
    missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in known]
    for id_ in missing:
        NOTICES.print(
            f"Dead letter {escape(id_)} not found. To see what happened to it: "
            f"alma-webhooks trace {quote(escape(id_))} {options}"
        )
    return bool(missing)
