"""Let the user change the routes on which dead letters fail, test them, and deploy them after asking."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final, NamedTuple

import typer

from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.models import InvalidRoutesError
from scripts.cli.editor import at_line, editor_command, run_editor
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.cli.options import StackFlags
from scripts.cli.output import notice
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.deploy import output as deploy_output
from scripts.deploy.commands import approval, interruptible, service_at
from scripts.deploy.flags import DeploymentOptions
from scripts.fixes.groups import CauseGroup
from scripts.fixes.route_place import RoutePlace, place_of
from scripts.fixes.service import FixService
from scripts.project.folder import Project
from scripts.routes import expected
from scripts.routes.check import compile_checked, text_of

_OTHERWISE: Final = "change the file, then run this command again"


class RouteChange(NamedTuple):
    """The groups whose dead letters fail on a route of the project's routes file."""

    service: FixService
    project: Project
    groups: Sequence[CauseGroup]

    @property
    def ids(self) -> list[str]:
        """The IDs of all dead letters."""
        return [id_ for group in self.groups for id_ in group.ids]

    def places(self, groups: Sequence[CauseGroup]) -> list[RoutePlace]:
        """Return the lines to change, each once."""
        causes = [group.cause for group in groups]
        return list(dict.fromkeys(place_of(self.project.routes, cause.route, cause.field) for cause in causes))

    def delivered(self) -> frozenset[str]:
        """Return the dead letters that the routes file as it is would deliver. Print the problems of an invalid one."""
        routes = self._routes()
        return self.service.delivered_by(routes, self.ids) if routes else frozenset()

    def _routes(self) -> CompiledRoutes | None:
        try:
            return compile_checked(text_of(self.project.routes))
        except InvalidRoutesError as error:
            for problem in error.problems:
                notice(escape(f"{self.project.routes}: {problem}"))
            return None


def change_routes(change: RouteChange, stack: StackFlags, *, yes: bool) -> frozenset[str]:
    """Return the dead letters that the routes deliver after their change and deployment; none without a deployment.

    With `yes` nothing is asked and no editor is opened: only what the file already delivers is deployed. Raise
    FailedError for a failed deployment.
    """
    delivered = change.delivered()
    if not yes and len(delivered) < len(change.ids):
        delivered = _edited(change, delivered)
    try:
        if delivered and _is_tested(change.project, change.service.scope.stage):
            _deploy(stack, yes=yes)
            return delivered
    except (ConfigurationError, RejectedError) as error:  # the other dead letters can be replayed all the same
        for line in (*error.details, f"The routes were not deployed: {error}"):
            notice(escape(line))
        notice(f"Deploy them: alma-webhooks deploy {change.service.scope.options}; then run this command again.")
    return frozenset()


def _edited(change: RouteChange, delivered: frozenset[str]) -> frozenset[str]:
    """Open the editor until the routes deliver every dead letter, or the user ends it. Return those delivered."""
    try:
        editor = editor_command(_OTHERWISE)
    except ConfigurationError as error:
        notice(escape(str(error)))
        return delivered
    while len(delivered) < len(change.ids):
        for place in change.places([group for group in change.groups if not delivered.issuperset(group.ids)]):
            notice(f"opening {escape(str(place))}")
            run_editor(at_line(editor, *place))
        delivered = change.delivered()
        left = len(change.ids) - len(delivered)
        if left and not typer.confirm(f"{plural(left, 'dead letter')} would fail again. Edit it again?", err=True):
            break
    return delivered


def _is_tested(project: Project, stage: str) -> bool:
    """Run the project's own samples, as `routes test` does; print how they differ. Raise ConfigurationError."""
    events = project.folder / "events"
    if not events.is_dir():
        notice(escape(f"{project.folder} has no sample events, so the routes are not tested"))
        return True
    verdicts = list(expected.verdicts(expected.read_folder(project.routes, events), stage))
    differing = [verdict for verdict in verdicts if verdict.differences]
    for line in expected.lines(differing or verdicts):
        notice(escape(line))
    if differing:
        notice("The routes were not deployed: correct them, or the expectations in events/index.yaml.")
    return not differing


def _deploy(stack: StackFlags, *, yes: bool) -> None:
    """Plan, show, ask, deploy and prove, as `deploy` does. Raise RejectedError and FailedError."""
    given = {each.name: getattr(stack, each.name) for each in fields(StackFlags)}
    with interruptible("a change that has started; run this command again afterwards"):
        service = service_at(DeploymentOptions(**given, yes=yes))
        planned = service.plan(DeploymentOptions(**given, yes=yes))
        deploy_output.show_plan(planned)
        service.prove(service.deploy(planned, approval(yes=yes)))
