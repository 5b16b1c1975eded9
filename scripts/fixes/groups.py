"""Group explained dead letters by action, cause and next step. Keeps no bodies."""

from collections.abc import Iterator
from typing import NamedTuple

from scripts.dead_letters.dead_letter import CRASHED, Cause
from scripts.dead_letters.explain import Explained
from scripts.dead_letters.reports.explain import AdviceContext, NextStep, next_step
from scripts.fixes.actions import FixAction, action_for
from scripts.routes.explain import Explanation


class CauseGroup(NamedTuple):
    """The dead letters with the same action, cause and next step.

    `cause` is why a replay would fail now; without such a reason, the recorded cause. Its `reason` is that of the
    first dead letter.
    """

    action: FixAction
    cause: Cause
    step: NextStep | None
    ids: tuple[str, ...]


class _Key(NamedTuple):
    action: FixAction
    cause: Cause  # without its reason and time
    step: NextStep | None


class CauseGroups:
    """The groups of the dead letters that were added. Iterating yields the largest first."""

    def __init__(self, context: AdviceContext) -> None:
        self._context = context
        self._keys: dict[str, _Key] = {}
        self._reasons: dict[_Key, Cause] = {}
        self._crashed: set[str] = set()

    def add(self, explained: Explained) -> None:
        """Add a dead letter. Of copies, the one with a cause counts."""
        id_, recorded = explained.summary.id, explained.summary.cause
        if id_ in self._keys and id_ not in self._crashed:
            return
        (self._crashed.add if recorded.category == CRASHED else self._crashed.discard)(id_)
        cause = cause_of(explained.explanation) or recorded
        general = Cause(cause.category, route=cause.route, target=cause.target, field=cause.field)
        key = _Key(action_for(explained), general, next_step(explained, self._context))
        self._keys[id_] = key
        self._reasons.setdefault(key, cause)

    def __iter__(self) -> Iterator[CauseGroup]:
        """Yield the groups."""
        ids: dict[_Key, list[str]] = {}
        for id_, key in self._keys.items():
            ids.setdefault(key, []).append(id_)
        for key, members in sorted(ids.items(), key=lambda each: (-len(each[1]), each[0].cause)):
            yield CauseGroup(key.action, self._reasons[key], key.step, tuple(members))


def cause_of(explanation: Explanation) -> Cause | None:
    """Return why an event would become a dead letter, None if it would not."""
    failure = explanation.failure
    if failure is None:
        return None
    return Cause(failure.cause_class, failure.reason, failure.route, failure.target, failure.field)
