"""List the selected dead letters, sorted or grouped. Keep summaries only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from scripts.dead_letters.dead_letter import CRASHED
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.reader import Reader, Summary
from scripts.dead_letters.scan import Scan


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


class CauseGroup(NamedTuple):
    """Dead letters with the same cause: their number, when the first and last were received, and an example ID."""

    category: str
    route: str
    target: str
    field: str
    size: int
    first: datetime
    last: datetime
    example: str


def group_by_cause(summaries: Iterable[Summary]) -> list[CauseGroup]:
    """Group summaries, which are sorted by time, by cause. Return the largest group first.

    The reason is free text and does not count.
    """
    groups: dict[tuple[str, str, str, str], list[Summary]] = {}
    for summary in summaries:
        cause = summary.cause
        groups.setdefault((cause.category, cause.route, cause.target, cause.field), []).append(summary)
    cause_groups = [
        CauseGroup(*key, len(members), members[0].received_at, members[-1].received_at, members[0].id)
        for key, members in groups.items()
    ]
    return sorted(cause_groups, key=lambda group: (-group.size, *group[:4]))
