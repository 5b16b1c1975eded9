"""Check a routes file completely: its form, its targets, and its members and values against the known events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from processor.routing.compile import compile_routes
from processor.routing.compiled_routes import CompiledRoute, CompiledRoutes
from processor.routing.models import InvalidRoutesError, Problem
from scripts.catalogue.catalogue import Catalogue, known_events
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.plural import plural
from scripts.project.mistakes import text_of
from scripts.routes.check import rendered_targets, target_problems
from scripts.routes.ignored_lines import IgnoredLines
from scripts.routes.known_names import CatalogueFinding, KnownNames
from scripts.routes.notification_topics import ProjectNotifications, in_targets, notifications_beside
from scripts.routes.pattern_members import actions_of, in_pattern
from scripts.routes.profile_names import Profiles, in_profiles, profiles_beside
from scripts.routes.template_members import in_templates


@dataclass(frozen=True)
class RouteWarning(Problem):
    """Something that no known event has, so that the route may never match. `name` ignores it in a comment."""

    name: str

    def __str__(self) -> str:
        return f"warning: {super().__str__()} [{self.name}]"


class CheckedRoutes(NamedTuple):
    """The result of a check, in the order of lines. `compiled` is None if the file cannot be compiled."""

    compiled: CompiledRoutes | None
    problems: list[Problem]
    warnings: list[RouteWarning]

    def deployable(self, path: Path) -> CompiledRoutes:
        """Return the routes. Raise ConfigurationError with every problem of the file at `path`."""
        if self.compiled is None or self.problems:
            lines = [f"{path}: {problem}" for problem in self.problems]
            raise ConfigurationError(f"{path} has {plural(len(lines), 'problem')}. Nothing was changed.", lines)
        return self.compiled


def check_text(text: str, events: Path, profiles: Profiles = (), project: Path | None = None) -> CheckedRoutes:
    """Check the text of a routes file, with the folder of its sample events, and the Alma profiles of its stages.

    `project` is the file in its project folder, for its topics of notifications. Raise ConfigurationError for a
    notifications.yaml with mistakes.
    """
    try:
        compiled = compile_routes(text)
    except InvalidRoutesError as error:
        return CheckedRoutes(None, error.problems, [])
    ignored, problems, warnings = IgnoredLines(text), target_problems(compiled), list[RouteWarning]()
    notifications = notifications_beside(project, compiled) if project else ProjectNotifications()
    findings = (
        *_findings(compiled, known_events(events), profiles),
        *in_targets(notifications, rendered_targets(compiled)),
    )
    for number, found in findings:
        problem = compiled.file.problem(("routes", number, *found.path), found.reason)
        if found.is_error:
            problems.append(problem)
        elif not ignored.has(problem.line, found.name):
            warnings.append(RouteWarning(**vars(problem), name=found.name))
    return CheckedRoutes(
        compiled, sorted(dict.fromkeys(problems), key=_line), sorted(dict.fromkeys(warnings), key=_line)
    )


def check_file(path: Path) -> CheckedRoutes:
    """Check a routes file, with `events`, alma-webhooks.yaml and notifications.yaml beside it.

    Raise ConfigurationError for a file that cannot be read, and for a file of the project with mistakes.
    """
    return check_text(text_of(path), path.parent / "events", profiles_beside(path), path)


def check_deployable(path: Path) -> CompiledRoutes:
    """Return the routes of a file that can be deployed. Raise ConfigurationError with every problem if it cannot."""
    return check_file(path).deployable(path)


def warning_lines(path: Path, warnings: Sequence[RouteWarning]) -> list[str]:
    """Return a line for each warning."""
    return [f"{path}: {warning}" for warning in warnings]


def check_strictly(path: Path, warnings: Sequence[RouteWarning]) -> None:
    """Raise ConfigurationError with every warning if there is one."""
    if lines := warning_lines(path, warnings):
        raise ConfigurationError(f"{path} has {plural(len(lines), 'warning')}, which --strict does not allow.", lines)


def _line(problem: Problem) -> int:
    return problem.line


def _findings(
    compiled: CompiledRoutes, catalogue: Catalogue, profiles: Profiles
) -> Iterator[tuple[int, CatalogueFinding]]:
    variables = {name for stage in compiled.file.routes.stages.values() for name in stage}
    for number, route in enumerate(compiled.routes):
        for found in (*dict.fromkeys(_in_route(route, catalogue, variables)), *in_profiles(route, profiles)):
            yield number, found


def _in_route(route: CompiledRoute, catalogue: Catalogue, variables: set[str]) -> Iterator[CatalogueFinding]:
    patterns = [pattern.source for pattern in route.patterns.values()]
    for pattern in patterns:
        yield from in_pattern(pattern, catalogue, ("when",))
    listed = [actions_of(pattern) for pattern in patterns]
    actions = {action for each in listed for action in each} if all(listed) else ()
    yield from in_templates(route, variables, KnownNames(catalogue, sorted(actions)))
