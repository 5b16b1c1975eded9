"""Let the user change the routes on which dead letters fail, test them, and deploy them after asking."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Final

import typer

from scripts.cli.editor import at_line, editor_command, run_editor
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.cli.options import StackFlags
from scripts.cli.output import notice, notices
from scripts.cli.terminal import escape
from scripts.dead_letters.reports.listing import count_of
from scripts.deploy import output as deploy_output
from scripts.deploy.commands import approval, interruptible, service_at
from scripts.deploy.flags import DeploymentOptions
from scripts.fixes.actions import FixAction
from scripts.fixes.groups import CauseGroup
from scripts.fixes.project_routes import ProjectRoutes
from scripts.project.folder import Project
from scripts.routes import expected

_OTHERWISE: Final = "change the file, then run this command again"


def change_routes(
    routes: ProjectRoutes, groups: Sequence[CauseGroup], stack: StackFlags, *, yes: bool
) -> tuple[list[CauseGroup], bool]:
    """Open the routes that fail, then test and deploy the file if it delivers a dead letter.

    Return the groups by the file as it is then, and whether it is deployed.

    With `yes` nothing is asked and no editor is opened: only what the file already delivers is deployed. Raise
    FailedError for a failed deployment.
    """
    groups = list(groups) if yes else _edited(routes, list(groups))
    stage, options = routes.dead_letters.scope.stage, routes.dead_letters.scope.options
    try:
        if any(group.action is FixAction.deploy for group in groups) and _is_tested(routes.project, stage):
            _deploy(stack, yes=yes)
            return groups, True
    except (ConfigurationError, RejectedError) as error:  # the other dead letters can be replayed all the same
        notices([*error.details, f"The routes were not deployed: {error}"])
        notice(f"Deploy them: alma-webhooks deploy {options}; then run this command again.")
    return groups, False


def _edited(routes: ProjectRoutes, groups: list[CauseGroup]) -> list[CauseGroup]:
    """Open the editor until no route fails, or the user ends it. Return the groups by the file then."""
    while failing := [group for group in groups if group.action is FixAction.change_route]:
        try:
            editor = editor_command(_OTHERWISE)
        except ConfigurationError as error:
            notice(escape(str(error)))
            return groups
        for place in dict.fromkeys(routes.place(group.cause) for group in failing):
            notice(f"opening {escape(str(place))}")
            run_editor(at_line(editor, *place))
        groups = routes.regrouped(groups)
        left = list(_left(routes, groups))
        notices(left)
        if left and not typer.confirm("Edit it again?", err=True):
            break
    return groups


def _left(routes: ProjectRoutes, groups: Sequence[CauseGroup]) -> Iterator[str]:
    """Yield the problems of the file, or else why dead letters would fail again."""
    if problems := routes.problems():
        yield from problems
        return
    for group in groups:
        if group.action is FixAction.change_route:
            yield f"{count_of(len(group.ids))} would fail again: {routes.place(group.cause)}: {group.cause.reason}"


def _is_tested(project: Project, stage: str) -> bool:
    """Run the project's own samples, as `routes test` does; print how they differ. Raise ConfigurationError."""
    events = project.folder / "events"
    if not events.is_dir():
        notice(escape(f"{project.folder} has no sample events, so the routes are not tested"))
        return True
    verdicts = list(expected.verdicts(expected.read_folder(project.routes, events), stage))
    differing = [verdict for verdict in verdicts if verdict.differences]
    notices(expected.lines(differing or verdicts))
    if differing:
        notice("The routes were not deployed: correct them, or the expectations in events/index.yaml.")
    return not differing


def _deploy(stack: StackFlags, *, yes: bool) -> None:
    """Plan, show, ask, deploy and prove, as `deploy` does. Raise RejectedError and FailedError."""
    options = DeploymentOptions(**{each.name: getattr(stack, each.name) for each in fields(StackFlags)}, yes=yes)
    with interruptible("a change that has started; run this command again afterwards"):
        service = service_at(options)
        planned = service.plan(options)
        deploy_output.show_plan(planned)
        service.prove(service.deploy(planned, approval(yes=yes)))
