"""Compare the topics of notifications that routes name with those of the project, and with its stages."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from processor.notification_name import key_of
from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.deliver import NotificationEntry
from processor.routing.models import kinds_of
from processor.routing.yaml_lines import YamlPath
from scripts.project import folder
from scripts.project.declared_topics import declared_topics
from scripts.project.mistakes import suggestion
from scripts.routes.check import declared_names
from scripts.routes.known_names import CatalogueFinding

NO_NOTIFICATIONS: Final = "no-notifications"


class ProjectNotifications(NamedTuple):
    """The topics of a project as `channel/topic`, None if it has no file of them, and its stages without them."""

    topics: frozenset[str] | None = None
    stages_without: tuple[str, ...] = ()


def notifications_beside(routes_file: Path, routes: CompiledRoutes) -> ProjectNotifications:
    """Return what the project of a routes file has. Files are read only if a route delivers to notifications.

    Raise ConfigurationError for a file of the project with mistakes.
    """
    if NotificationEntry.kind not in kinds_of(routes.file.routes.routes):
        return ProjectNotifications()
    file, project = routes_file.parent / folder.TOPICS_FILE, routes_file.parent / folder.FILE
    stages = folder.read(project).stages if project.is_file() else {}
    without = tuple(name for name, stage in stages.items() if not stage.notifications)
    topics = frozenset(f"{each.channel}/{each.topic}" for each in declared_topics(file)) if file.is_file() else None
    return ProjectNotifications(topics, without)


def target_names(routes_file: Path, routes: CompiledRoutes) -> dict[str, frozenset[str]]:
    """Return the names of targets by kind, also of notifications if the project has a file of them.

    Raise ConfigurationError for a file of the project with mistakes.
    """
    topics = notifications_beside(routes_file, routes).topics
    known = {} if topics is None else {NotificationEntry.kind: topics}
    return declared_names(routes.file.routes) | known


def in_targets(
    project: ProjectNotifications, rendered: Iterable[tuple[YamlPath, str, Sequence[str]]]
) -> Iterator[tuple[int, CatalogueFinding]]:
    """Yield, by the number of their route, unknown topics and targets in a stage without notifications.

    `rendered` are the names as by `scripts.routes.check.rendered_targets`.
    """
    if project == ProjectNotifications():
        return  # the usual case, for which nothing is rendered
    for path, kind, names in rendered:
        match path:
            case ("routes", int(number), *place) if kind == NotificationEntry.kind:
                for finding in _findings(project, names, tuple(place)):
                    yield number, finding


def _findings(project: ProjectNotifications, names: Sequence[str], path: YamlPath) -> Iterator[CatalogueFinding]:
    known = project.topics
    unknown = [name for name in names if known is not None and key_of(name) and name not in known]
    if unknown:
        near = suggestion(unknown[0], known or ())
        reason = f"{folder.TOPICS_FILE} has no topic {', '.join(unknown)}{near or '; add it there'}"
        yield CatalogueFinding(path, "", reason, is_error=True)
    if project.stages_without:
        stages = " and ".join(project.stages_without)
        reason = f"{folder.FILE} does not switch notifications on for {stages}, so events become dead letters there"
        yield CatalogueFinding(path, NO_NOTIFICATIONS, reason)
