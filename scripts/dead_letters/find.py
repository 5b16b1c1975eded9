"""List the selected dead letters, sorted or grouped, or find some by ID."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.cli.plural import plural
from scripts.dead_letters.dead_letter import CRASHED, DeadLetter
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.reader import ReadDeadLetter, Reader, Summary
from scripts.dead_letters.scan import Scan


def find_dead_letters(
    scan: Scan, reader: Reader, ids: Collection[str], *, are_shared: bool = False
) -> Iterator[ReadDeadLetter]:
    """Yield the dead letters with these IDs, each once, as they are found. Raise botocore's errors.

    Of copies, yield the one with a cause; for one without a cause the scan continues to its end. If the IDs
    `are_shared`, several dead letters can have one: those of the notifications of one post.
    """
    seen: set[str] = set()
    wanted = set(ids)
    crashed: dict[str, ReadDeadLetter] = {}
    for dead_letter in scan.dead_letters():
        if not wanted & {dead_letter.id, dead_letter.message_id}:
            continue
        if dead_letter.cause.category == CRASHED:
            crashed.setdefault(dead_letter.copy_key, reader.read(dead_letter))
            continue
        crashed.pop(dead_letter.copy_key, None)
        if dead_letter.copy_key in seen:
            continue
        seen.add(dead_letter.copy_key)
        if not are_shared:
            wanted -= {dead_letter.id, dead_letter.message_id}
        yield reader.read(dead_letter)
        if not wanted:
            return
    yield from (read for key, read in crashed.items() if key not in seen)


class FoundDeadLetter(NamedTuple):
    """A dead letter, and all its messages on the queue, itself included, without their bodies."""

    read: ReadDeadLetter
    copies: list[DeadLetter]


def find_one(scan: Scan, reader: Reader, id_: str) -> FoundDeadLetter:
    """Return the dead letter with this ID.

    Raise FailedError if there is none, RejectedError if there are several.
    """
    found: FoundDeadLetter | None = None
    for dead_letter in scan.dead_letters():
        if id_ not in {dead_letter.id, dead_letter.message_id}:
            continue
        copy = dead_letter._replace(body="")
        if found is None:
            found = FoundDeadLetter(reader.read(dead_letter), [copy])
        elif dead_letter.copy_key == found.read.summary.copy_key:
            found.copies.append(copy)
        else:
            ids = f"{found.read.summary.message_id} and {dead_letter.message_id}"
            raise RejectedError(
                f"Several dead letters have the ID {id_}: pass the message ID of one of them, such as {ids}."
            )
    if found is None:
        raise FailedError(
            f"{id_} not found among the {plural(scan.seen, 'dead letter')} seen, of about {scan.depth.all:,}."
        )
    return found


@dataclass(frozen=True)
class Listing:
    """The selected dead letters by time received, with counts of the scan.

    `about` is the SQS count at the beginning; another reader held `hidden` of them then. Of the dead letters `seen`,
    `twice` are copies of others. `unjudged` counts those on which `--where` could not be evaluated.
    """

    dead_letters: list[Summary]
    seen: int
    about: int
    hidden: int
    twice: int
    unjudged: int


def list_dead_letters(scan: Scan, reader: Reader, selection: Selection) -> Listing:
    """Scan the queue once, and return the listing. Raise botocore's errors.

    A dead letter that both SQS and the processor put on the queue is listed once, with the cause from the processor.
    """
    best: dict[str, tuple[tuple[bool, datetime], Summary | None]] = {}  # rank, and the summary if it is selected
    twice = 0
    for dead_letter in scan.dead_letters():
        read = selection.select(dead_letter, reader, reader.read)
        summary = (read or reader.glance(dead_letter)).summary
        rank = (summary.cause.category != CRASHED, summary.expires_at)
        known = best.get(summary.copy_key)
        twice += known is not None
        if known is None or rank > known[0]:
            best[summary.copy_key] = (rank, summary if read else None)
    selected = [summary for _, summary in best.values() if summary]
    selected.sort(key=lambda summary: (summary.received_at, summary.id, summary.message_id))
    return Listing(selected, scan.seen, scan.depth.all, scan.depth.hidden, twice, selection.unjudged)
