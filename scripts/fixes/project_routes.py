"""Judge dead letters by the project's routes file as it is now, which may not be deployed."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

from processor.routing.compiled_routes import CompiledRoutes
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.service import DeadLetterService
from scripts.fixes.actions import FixAction, cause_of
from scripts.fixes.groups import CauseGroup
from scripts.fixes.route_place import RoutePlace, place_of
from scripts.project.folder import Project
from scripts.routes import state_machine_files
from scripts.routes.check import declared_names
from scripts.routes.checked_routes import check_file
from scripts.routes.explain import Explanation, explain

_IGNORED: Final = Cause("ignored", "no route of the file matches it")


class _Judged(NamedTuple):
    """Why the file would not deliver an event, None if it would, and the targets of its deliveries."""

    cause: Cause | None
    targets: frozenset[str]

    @classmethod
    def of(cls, explanation: Explanation) -> Self:
        """Keep of an explanation what is needed of each of many events."""
        targets = frozenset(delivery.target for delivery in explanation.deliveries)
        if explanation.failure:
            return cls(cause_of(explanation.failure), targets)
        return cls(None if targets else _IGNORED, targets)

    def group_of(self, group: CauseGroup) -> CauseGroup:
        """Return the group for the event. Targets without a delivery are not recreated."""
        if self.cause:
            return group._replace(cause=self.cause)
        recreated, refused = (
            tuple(target for target in targets if target in self.targets)
            for targets in (group.recreated, group.refused)
        )
        return group._replace(action=FixAction.deploy, recreated=recreated, refused=refused)


class ProjectRoutes(NamedTuple):
    """The routes file of a project, and the dead letters of its stack."""

    project: Project
    dead_letters: DeadLetterService

    def place(self, cause: Cause) -> RoutePlace:
        """Return the line on which a route fails. Raise ConfigurationError if the file cannot be read."""
        return place_of(self.project.routes, cause.route, cause.field)

    def problems(self) -> list[str]:
        """Return a line for each problem for which `deploy` rejects the file. Raise as `check_file`."""
        return self._checked()[1]

    def regrouped(self, groups: Sequence[CauseGroup]) -> list[CauseGroup]:
        """Return groups whose route fails, by what the file would do with them. Without groups nothing is read.

        Those that it delivers are to be deployed. The others keep their action, with the cause by the file. If `deploy`
        rejects the file, all stay as they are. Raise ConfigurationError as `check_file`.
        """
        if not groups:
            return []
        routes, problems = self._checked()
        if routes is None or problems:
            return list(groups)
        judged = self._judged(routes, [id_ for group in groups for id_ in group.ids])
        found: dict[CauseGroup, list[str]] = {}
        first: dict[CauseGroup, CauseGroup] = {}
        for group in groups:
            for id_ in group.ids:
                made = judged[id_].group_of(group) if id_ in judged else group
                key = made.key._replace(step=None)
                first.setdefault(key, made)
                found.setdefault(key, []).append(id_)
        return [first[key]._replace(ids=tuple(ids)) for key, ids in found.items()]

    def _checked(self) -> tuple[CompiledRoutes | None, list[str]]:
        """Return the routes, None if they cannot be compiled, and the problems for which `deploy` rejects the file."""
        path = self.project.routes
        checked = check_file(path)
        problems = [f"{path}: {problem}" for problem in checked.problems]
        if checked.compiled:
            problems += state_machine_files.problems(path.parent, checked.compiled.file)
        return checked.compiled, problems

    def _judged(self, routes: CompiledRoutes, ids: Sequence[str]) -> dict[str, _Judged]:
        """Return what the routes would do with each dead letter that can be read, in one scan of the queue."""
        names, judged = declared_names(routes.file.routes), dict[str, _Judged]()
        stage = self.dead_letters.scope.stage
        for read in self.dead_letters.read(self.dead_letters.select(Filters(ids=tuple(ids)))):
            if read.envelope:
                judged[read.summary.id] = _Judged.of(explain(read.envelope, routes, names, stage=stage))
        return judged
