"""Output of `dead-letters fix`: the plan and the result, as JSON data or as lines of text. Quotes no body."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

from scripts.cli.advice import Advice
from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.dead_letters.reports.explain import NextStep
from scripts.dead_letters.reports.listing import SHOWN, unseen_lines
from scripts.dead_letters.reports.outcomes import outcomes_data
from scripts.dead_letters.reports.replay import lines as replay_lines
from scripts.dead_letters.reports.replay import result_data
from scripts.doctor import report as doctor_report
from scripts.doctor.repair.fix import FixResult
from scripts.fixes.actions import FixAction
from scripts.fixes.groups import CauseGroup
from scripts.fixes.service import FixPlan, FixService, Replayed
from scripts.fixes.statement import MissingRight, missing_right

_WORDS: Final = {
    FixAction.replay: "replay",
    FixAction.recreate: "recreate the target, then replay",
    FixAction.change_route: "change the route, test and deploy it, then replay",
    FixAction.deploy: "the routes file of the project delivers it: test and deploy it, then replay",
    FixAction.allow: "not done: a right is missing",
    FixAction.none: "not done: you decide",
}


class Reporter(NamedTuple):
    """Describes groups with the place of the route that fails, and the right that is missing.

    `can_edit`: the command can open an editor, and ask.
    """

    service: FixService
    can_edit: bool

    def plan_data(self, plan: FixPlan) -> Data:
        """Return the plan as JSON data."""
        return {
            "dry_run": True,
            "seen": plan.selection.seen,
            "about": plan.selection.about,
            "missing": plan.selection.missing,
            "restore": [doctor_report.fault_data(fault) for fault in plan.faults],
            "groups": [self._group(group, is_plan=True) for group in plan.groups],
        }

    def result_data(
        self, plan: FixPlan, restored: FixResult | None, replayed: Replayed | None, done: Collection[str]
    ) -> Data:
        """Return the result as JSON data. `done` are the IDs of the dead letters whose cause was fixed."""
        replay = result_data(replayed.result, replayed.selection) | outcomes_data(replayed.waited) if replayed else None
        rest = [group._replace(ids=tuple(id_ for id_ in group.ids if id_ not in done)) for group in plan.groups]
        return {
            "dry_run": False,
            "restored": doctor_report.fix_data(restored) if restored else None,
            "replay": replay,
            "left": [self._group(group) for group in rest if group.ids],
        }

    def _group(self, group: CauseGroup, *, is_plan: bool = False) -> Data:
        cause = group.cause
        right = missing_right(self.service.scope, cause) if group.action is FixAction.allow else None
        return {
            "action": group.action.value,
            "class": cause.category,
            "reason": cause.reason or None,
            "route": cause.route or None,
            "target": cause.target or None,
            "field": cause.field or None,
            "recreated": list(group.recreated),
            "place": (self._place(group) or None) if group.action is FixAction.change_route else None,
            "policy": right.policy if right else None,
            "statement": right.statement if right else None,
            "next": None if is_plan and self._is_done_here(group) else self._next(group, right),
            "ids": list(group.ids),
        }

    def _is_done_here(self, group: CauseGroup) -> bool:
        """Return whether this command goes on with a group by itself: with a terminal also if a route has to change."""
        done = {FixAction.replay, FixAction.recreate, FixAction.deploy}
        return group.action in done or (group.action is FixAction.change_route and self.can_edit)

    def _next(self, group: CauseGroup, right: MissingRight | None) -> str | None:
        """Return what people can do about a group that this command does not replay."""
        ids, options = group.ids[:SHOWN], self.service.scope.options
        again = options if self.can_edit else f"{options} --yes"  # without a terminal it would be another dry run
        if right:
            return NextStep(Advice.allow, (("policy", right.policy),)).text(ids, options)
        if group.cause.category == "too-old":
            return NextStep(Advice.too_old).text(ids, options)
        if group.action is FixAction.change_route and (place := self._place(group)):
            return NextStep(Advice.change_at, (("place", place),)).text(ids, again)
        if group.action is FixAction.deploy:
            return NextStep(Advice.fix_and_replay).text(ids, again)
        return group.step.text(ids, options) if group.step else None

    def _place(self, group: CauseGroup) -> str:
        return str(self.service.routes.place(group.cause)) if self.service.routes else ""


def plan_lines(data: Data) -> Iterator[str]:
    """Yield the lines of the plan: what is restored, then each group with its action."""
    if not data["groups"]:
        yield "no dead letter matches" if data["seen"] else "No dead letters."
    for fault in data["restore"]:
        yield escape(f"restore  {fault['message']}")
        if fault["note"]:
            yield escape(f"         {fault['note']}")
    for group in data["groups"]:
        yield from _group_lines(group, is_plan=True)
    yield from unseen_lines(data)
    yield from (f"not found: {escape(id_)}" for id_ in data["missing"][:SHOWN])


def result_lines(data: Data) -> Iterator[str]:
    """Yield what was restored, what came out of the replay, and what is left with its next step."""
    if data["restored"]:
        for fault in data["restored"]["repaired"]:
            yield escape(f"{'restored' if fault['is_fixed'] else 'not restored'}  {fault['physical_id']}")
    if data["replay"]:
        yield from replay_lines(data["replay"])
    for group in data["left"]:
        yield from _group_lines(group, is_plan=False)


def _group_lines(group: Data, *, is_plan: bool) -> Iterator[str]:
    action = _action_text(group) if is_plan else "left"
    yield escape(f"{len(group['ids']):>6}  {_cause_text(group)}: {action}")
    if group["place"]:
        yield escape(f"{'':>6}  at {group['place']}: {group['reason']}")
    if group["next"]:
        yield f"{'':>6}  next: {group['next']}"
    if group["statement"]:
        yield from (f"{'':>6}  {line}" for line in json.dumps(group["statement"], indent=2).splitlines())
    if (more := len(group["ids"]) - SHOWN) > 0:
        yield f"{'':>6}  and {plural(more, 'more dead letter')} of this cause; --output json has all"


def _action_text(group: Data) -> str:
    action = FixAction(group["action"])
    recreated = group["recreated"] if action is not FixAction.recreate else []
    return f"recreate {', '.join(recreated)}; {_WORDS[action]}" if recreated else _WORDS[action]


def _cause_text(group: Mapping[str, str]) -> str:
    named = (("route", group["route"]), ("target", group["target"]), ("field", group["field"]))
    return ", ".join([group["class"], *(f"{name} {value}" for name, value in named if value)])
