"""Lists dead letters by a selection, sorted and grouped. Keeps summaries only; prints nothing, changes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from scripts.cli.progress import CountProgress
from scripts.dead_letters.dead_letter import CRASHED
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.reader import Summary
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.service import DeadLetterStore


@dataclass(frozen=True)
class Listing:
    """The dead letters that a selection means, by when they were received, with what the pass saw of the queue.

    `about` is SQS' count when it began, `hidden` of them were held by another reader then. `twice` of those that were
    seen are copies of others, `unjudged` are those that `--where` could not be asked of.
    """

    dead_letters: list[Summary]
    seen: int
    about: int
    hidden: int
    twice: int
    unjudged: int


def list_dead_letters(dead_letters: DeadLetterStore, selection: Selection, progress: CountProgress) -> Listing:
    """One pass over the queue. Raises botocore's errors.

    A dead letter that both SQS and the processor put there is listed once, with the cause that the processor wrote.
    """
    kept, reader = _Kept(), dead_letters.reader
    with Scan(dead_letters.queue, progress) as scan:
        for dead_letter in scan.dead_letters():
            read = selection.select(dead_letter, reader, reader.read)
            kept.add((read or reader.glance(dead_letter)).summary, is_selected=read is not None)
    summaries = sorted(kept.selected, key=lambda summary: (summary.received_at, summary.id, summary.message_id))
    return Listing(summaries, scan.seen, scan.depth.all, scan.depth.hidden, kept.twice, selection.unjudged)


@dataclass
class _Kept:
    """Of each dead letter its best copy: its rank, and its summary if the selection means it."""

    twice: int = 0
    _best: "dict[str, tuple[_Rank, Summary | None]]" = field(default_factory=dict)

    @property
    def selected(self) -> Iterable[Summary]:
        return (summary for _, summary in self._best.values() if summary)

    def add(self, summary: Summary, *, is_selected: bool) -> None:
        rank = (summary.cause.category != CRASHED, summary.expires_at)
        known = self._best.get(summary.copy_key)
        self.twice += known is not None
        if known is None or rank > known[0]:
            self._best[summary.copy_key] = (rank, summary if is_selected else None)


_Rank = tuple[bool, datetime]


class CauseGroup(NamedTuple):
    """Dead letters of the same cause: how many, when the first and the last were received, and one of them."""

    category: str
    route: str
    target: str
    field: str
    size: int
    first: datetime
    last: datetime
    example: str


def group_by_cause(summaries: Iterable[Summary]) -> list[CauseGroup]:
    """The groups of dead letters, which are sorted by time; the largest first.

    Never by the reason, which is free text.
    """
    groups: dict[tuple[str, str, str, str], list[Summary]] = {}
    for summary in summaries:
        cause = summary.cause
        groups.setdefault((cause.category, cause.route, cause.target, cause.field), []).append(summary)
    made = [
        CauseGroup(*key, len(members), members[0].received_at, members[-1].received_at, members[0].id)
        for key, members in groups.items()
    ]
    return sorted(made, key=lambda group: (-group.size, *group[:4]))
