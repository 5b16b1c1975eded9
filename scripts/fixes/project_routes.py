"""Judge dead letters by the project's routes file as it is now, which may not be deployed."""

from collections.abc import Sequence
from typing import NamedTuple

from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.models import InvalidRoutesError, Problem
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.service import DeadLetterService
from scripts.fixes.actions import FixAction
from scripts.fixes.groups import CauseGroup, cause_of
from scripts.fixes.route_place import RoutePlace, place_of
from scripts.project.folder import Project
from scripts.routes.check import compile_checked, declared_names, text_of
from scripts.routes.explain import explain


class ProjectRoutes(NamedTuple):
    """The routes file of a project, and the dead letters of its stack."""

    project: Project
    dead_letters: DeadLetterService

    def place(self, cause: Cause) -> RoutePlace:
        """Return the line on which a route fails. Raise ConfigurationError if the file cannot be read."""
        return place_of(self.project.routes, cause.route, cause.field)

    def problems(self) -> list[Problem]:
        """Return the problems of the file. Raise ConfigurationError if it cannot be read."""
        try:
            compile_checked(text_of(self.project.routes))
        except InvalidRoutesError as error:
            return error.problems
        return []

    def regrouped(self, groups: Sequence[CauseGroup]) -> list[CauseGroup]:
        """Return groups whose route fails, by what the file would do with them.

        Those that it delivers are to be deployed. The others keep their action, with the cause by the file. With an
        invalid file all stay as they are.
        """
        try:
            routes = compile_checked(text_of(self.project.routes))
        except InvalidRoutesError:
            return list(groups)
        found: dict[tuple[FixAction, Cause], list[str]] = {}
        reasons: dict[tuple[FixAction, Cause], CauseGroup] = {}
        for group in groups:
            causes = self._causes(routes, group.ids)
            for id_ in group.ids:
                cause = causes.get(id_, group.cause)
                made = group._replace(action=FixAction.deploy) if cause is None else group._replace(cause=cause)
                key = (made.action, made.cause._replace(reason="", attempts=None, at=""))
                reasons.setdefault(key, made)
                found.setdefault(key, []).append(id_)
        return [reasons[key]._replace(ids=tuple(ids)) for key, ids in found.items()]

    def _causes(self, routes: CompiledRoutes, ids: Sequence[str]) -> dict[str, Cause | None]:
        """Return why these routes would not deliver each dead letter, None if they would."""
        names, causes = declared_names(routes.file.routes), dict[str, Cause | None]()
        stage = self.dead_letters.scope.stage
        for read in self.dead_letters.read(self.dead_letters.select(Filters(ids=tuple(ids)))):
            if read.envelope:
                explanation = explain(read.envelope, routes, names, stage=stage)
                causes[read.summary.id] = cause_of(explanation) or (None if explanation.deliveries else _IGNORED)
        return causes


_IGNORED = Cause("ignored", "no route of the file matches it")
