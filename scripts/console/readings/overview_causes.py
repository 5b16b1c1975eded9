"""Count dead letters by their cause, the most frequent ones first. Pure: calls no AWS."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from scripts.dead_letters.reader import Summary

_SHOWN: Final = 5


class CauseCount(NamedTuple):
    """How many dead letters have a class of cause, a route and a target; the last two are empty if it names none."""

    category: str
    route: str
    target: str
    number: int


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
    counter = Counter((each.cause.category, each.cause.route, each.cause.target) for each in dead_letters)
    ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    shown = [CauseCount(*names, count) for names, count in ordered[:_SHOWN]]
    return Causes(shown, counter.total() - sum(each.number for each in shown))
