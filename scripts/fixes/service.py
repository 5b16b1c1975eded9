"""Plan and carry out `dead-letters fix`. Prints and asks nothing."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from scripts.aws.stack import ReportLine
from scripts.cli.signals import Interrupts
from scripts.dead_letters.explain import Targets, explain_dead_letter
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.replay_options import ReplayOptions, ReplayResult
from scripts.dead_letters.replay_wait import ReplayWait
from scripts.dead_letters.reports.explain import AdviceContext
from scripts.dead_letters.service import DeadLetterService
from scripts.doctor.repair.faults import ResourceFault, all_faults
from scripts.doctor.repair.fix import FixResult, fix_faults
from scripts.fixes.actions import FixAction
from scripts.fixes.groups import CauseGroup, CauseGroups
from scripts.fixes.project_routes import ProjectRoutes
from scripts.routes.judged_routes import known_routes


class FixPlan(NamedTuple):
    """The groups of the selected dead letters, the largest first, and the faults of the stack's resources.

    `selection` says how many dead letters were seen, and which IDs were not found.
    """

    groups: list[CauseGroup]
    faults: list[ResourceFault]
    selection: Selection

    def has_work(self, *, can_edit: bool) -> bool:
        """Return whether this command can do something about a dead letter; about a route only if it can be edited."""
        actions = {group.action for group in self.groups} - {FixAction.allow, FixAction.none}
        return bool(actions if can_edit else actions - {FixAction.change_route})


class Replayed(NamedTuple):
    """A replay of the dead letters whose cause is fixed, and the outcomes of their events."""

    selection: Selection
    result: ReplayResult
    waited: ReplayWait


class FixService:
    """Fixes the causes of dead letters of one stack, then replays them. `report` gets each line of progress."""

    def __init__(
        self, dead_letters: DeadLetterService, interrupts: Interrupts, report: ReportLine, audit_file: Path | None
    ) -> None:
        self._dead_letters = dead_letters
        self.scope = dead_letters.scope
        self._interrupts = interrupts
        self._report = report
        self._audit_file = audit_file
        project = self.scope.address.project
        self.routes = ProjectRoutes(project, dead_letters) if project else None

    def plan(self, filters: Filters) -> FixPlan:
        """Explain the selected dead letters by the deployed routes, those whose route fails also by the project's file.

        Look for faults of resources too. Change nothing.

        Raise ConfigurationError, FailedError, RejectedError and botocore's errors.
        """
        targets, routes = Targets(self.scope), known_routes(self.scope, None).routes()
        selection, groups = self._dead_letters.select(filters), CauseGroups(AdviceContext(self.scope.options))
        for read in self._dead_letters.read(selection):
            groups.add(explain_dead_letter(read, routes, targets, stage=self.scope.stage))
        found = list(groups)
        if self.routes:
            failing = [group for group in found if group.action is FixAction.change_route]
            others = [group for group in found if group.action is not FixAction.change_route]
            found = [*others, *self.routes.regrouped(failing)]
        return FixPlan(found, all_faults(self.scope) if found else [], selection)

    def restore(self) -> FixResult:
        """Fix the faults of the stack's resources. Raise as `fix_faults`."""
        return fix_faults(self.scope, self._interrupts, self._report, self._audit_file)

    def open_replay(self, ids: Collection[str]) -> Replayed:
        """Return what `replay` fills, for at least one ID. Open it before the replay, so that no outcome is missed."""
        if not ids:
            raise ValueError("a replay without IDs would select every dead letter")
        selection = self._dead_letters.select(Filters(ids=tuple(ids)))
        return Replayed(selection, ReplayResult(), self._dead_letters.open_wait())

    def replay(self, replayed: Replayed, seconds: float) -> None:
        """Replay, and wait for the outcomes at most these seconds. Raise as `DeadLetterService.replay`."""
        options = ReplayOptions(on_sent=replayed.waited.on_sent)
        self._dead_letters.replay(replayed.selection, options, replayed.result)
        replayed.waited.run(seconds)
