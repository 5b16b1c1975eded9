"""What commands that only look at dead letters share: a pass that is shown, ids that must exist. Prints no result."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from shlex import quote
from typing import Annotated, Any

import typer

from scripts.cli.exit_codes import StoppedError
from scripts.cli.options import StageName
from scripts.cli.progress import CountProgress, scan_progress
from scripts.cli.signals import Interrupts
from scripts.cli.terminal import escape
from scripts.dead_letters.service import DeadLetters
from scripts.dead_letters.session import NOTICES, opened_dead_letters

NamedArgument = Annotated[
    list[str], typer.Argument(metavar="ID…", help="Receipt ids, or ids of messages that have none.", show_default=False)
]


@contextmanager
def looking(
    stage: StageName, stack: str | None, endpoint_url: str | None
) -> Iterator[tuple[DeadLetters, CountProgress]]:
    """A stack's dead letters for a pass that changes nothing, shown as it goes. Raises FailedError after Ctrl-C."""
    try:
        with (
            Interrupts(),
            opened_dead_letters(stage, stack, endpoint_url) as dead_letters,
            scan_progress(NOTICES) as progress,
        ):
            yield dead_letters, progress
    except KeyboardInterrupt:
        raise StoppedError(
            "Interrupted: the dead letters are visible again, at most ten of them only in some minutes."
        ) from None


def tell_missing(ids: Sequence[str], found: Iterable[Mapping[str, Any]], options: str) -> bool:
    """A sentence for each id that none of the dead letters, told as data, has; whether there is one.

    `options` lead another command to the same stack.
    """
    there = {dead_letter[name] for dead_letter in found for name in ("id", "message_id")}
    missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in there]
    for id_ in missing:
        NOTICES.print(
            f"There is no dead letter {escape(id_)} that could be seen; "
            f"alma-webhooks trace {quote(escape(id_))} {options} may tell what became of it."
        )
    return bool(missing)
