"""What a project wants on the emulator, and the files that say so."""

from pathlib import Path

from scripts.deploy import optional_parts, part_package
from scripts.deploy.desired import DesiredStack, desired
from scripts.deploy.package import Package
from scripts.deploy.retained import Place
from scripts.deploy.stack_part import StackPart, further
from scripts.local import part_requirements
from scripts.project.folder import Project


def desired_here(
    project: Project, stage: str, place: Place, chosen: dict[str, str], routes: Path | None
) -> DesiredStack:
    """Return what the project wants. Values that it refers to are in its AWS account: they keep their default."""
    templates = [part.load() for part in optional_parts.wanted(project, stage)]
    return desired(project, stage, place, templates, chosen, None, routes=routes)


def parts_here(project: Project) -> tuple[tuple[StackPart, ...], list[Package]]:
    """Return the further parts of the project with their zips. Raise ConfigurationError for missing packages."""
    part_requirements.check_installed(project)
    return part_package.build_all(project, further(project), None)


def files_of(project: Project, wanted: DesiredStack) -> tuple[Path, ...]:
    """Return the files that say what is deployed. The one with the topics need not exist."""
    machines = wanted.routes.file.routes.state_machines.values()
    names = [name for each in machines for name in (each.definition, each.policy) if name]
    parts = project.file.parts.values()
    further = [name for part in parts for name in (part.template, part.requirements, part.local) if name]
    return (
        project.path,
        wanted.routes_path,
        project.notifications,
        *(wanted.routes_path.parent / name for name in names),
        *(project.folder / name for name in further),
    )
