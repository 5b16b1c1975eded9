"""Count dead letters by their cause, the most frequent ones first. Pure: calls no AWS."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from scripts.dead_letters.reader import Summary

_SHOWN: Final = 5


class CauseCount(NamedTuple):
    """How many dead letters have a class of cause and a route; the latter is empty if it names none.

    A fault of a route often strikes several of its `targets`, and is repaired and replayed at once. `reason` is the
    most frequent one, and `reasons` how many there are.
    """

    category: str
    route: str
    targets: tuple[str, ...]
    number: int
    reason: str = ""
    reasons: int = 0

    @property
    def target(self) -> str:
        """The target if there is exactly one, else an empty text."""
        return self.targets[0] if len(self.targets) == 1 else ""


class Causes(NamedTuple):
    """The most frequent causes, and how many dead letters have another one."""

    most_frequent: list[CauseCount]
    others: int

    @property
    def total(self) -> int:
        """The number of dead letters of all causes."""
        return self.others + sum(each.number for each in self.most_frequent)


def causes_of(dead_letters: Iterable[Summary]) -> Causes:
    """Return the five most frequent causes of dead letters."""
    groups: defaultdict[tuple[str, str], list[Summary]] = defaultdict(list)
    for each in dead_letters:
        groups[each.cause.category, each.cause.route].append(each)
    counted = [_count(*names, found) for names, found in groups.items()]
    counted.sort(key=lambda each: (-each.number, each.category, each.route))
    return Causes(counted[:_SHOWN], sum(each.number for each in counted[_SHOWN:]))


def _count(category: str, route: str, found: list[Summary]) -> CauseCount:
    reasons = Counter(each.cause.reason for each in found)
    reason = min(reasons, key=lambda text: (-reasons[text], text))
    targets = tuple(sorted({each.cause.target for each in found}))
    return CauseCount(category, route, targets, len(found), reason, len(reasons))
