"""Group explained dead letters by action, cause and next step. Keeps no bodies."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from scripts.cli.advice import Advice
from scripts.cli.plural import plural
from scripts.dead_letters.dead_letter import CRASHED, Cause
from scripts.dead_letters.explain import Explained
from scripts.dead_letters.reports.explain import AdviceContext, NextStep, step_after, step_without_failure
from scripts.fixes.actions import Decision, FixAction, cause_of, decide


class CauseGroup(NamedTuple):
    """The dead letters with the same action, cause, next step, targets to recreate, and topics that refused them.

    `cause` is the failure of a replay that decides the action; without one, the recorded cause that does. Its `reason`
    is that of the first dead letter.
    """

    action: FixAction
    cause: Cause
    step: NextStep | None
    ids: tuple[str, ...]
    recreated: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def key(self) -> "CauseGroup":
        """The group without what differs from one dead letter to another: the reason, the time and the IDs."""
        cause = self.cause
        general = Cause(cause.category, route=cause.route, target=cause.target, field=cause.field)
        return self._replace(cause=general, ids=())


class CauseGroups:
    """The groups of the dead letters that were added. Iterating yields the largest first."""

    def __init__(self, context: AdviceContext) -> None:
        self._context = context
        self._keys: dict[str, CauseGroup] = {}
        self._first: dict[CauseGroup, CauseGroup] = {}
        self._crashed: set[str] = set()

    def add(self, explained: Explained) -> None:
        """Add a dead letter. Of copies, the one with a cause counts."""
        id_, recorded = explained.summary.id, explained.summary.cause
        if id_ in self._keys and id_ not in self._crashed:
            return
        (self._crashed.add if recorded.category == CRASHED else self._crashed.discard)(id_)
        decision = decide(explained)
        cause, step = self._cause_and_step(decision, explained)
        group = CauseGroup(decision.action, cause, step, (id_,), decision.recreated, decision.refused)
        self._keys[id_] = group.key
        self._first.setdefault(group.key, group)

    def _cause_and_step(self, decision: Decision, explained: Explained) -> tuple[Cause, NextStep | None]:
        if decision.failure:
            return cause_of(decision.failure), step_after(decision.failure, explained)
        if decision.unrecorded:
            failures = plural(decision.unrecorded, "more failure")
            return explained.summary.cause, NextStep(Advice.check_unrecorded, (("failures", failures),))
        if decision.unexplained:
            return decision.unexplained[0], _check_refused(dict.fromkeys(each.target for each in decision.unexplained))
        return explained.summary.cause, step_without_failure(explained, self._context)

    def __iter__(self) -> Iterator[CauseGroup]:
        """Yield the groups."""
        ids: dict[CauseGroup, list[str]] = {}
        for id_, key in self._keys.items():
            ids.setdefault(key, []).append(id_)
        for key, members in sorted(ids.items(), key=lambda each: (-len(each[1]), each[0].cause)):
            yield self._first[key]._replace(ids=tuple(members))


def _check_refused(targets: Collection[str]) -> NextStep:
    """Return what to do about targets that refused deliveries for unknown reasons."""
    has_topic = any(target.startswith("topic:") for target in targets)
    subscriptions = ", and the subscriptions of a topic" if has_topic else ""
    return NextStep(Advice.check_refused, (("targets", ", ".join(targets)), ("subscriptions", subscriptions)))
