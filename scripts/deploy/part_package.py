"""Build the zips of the further parts of a project: their code, with the product's packages beside it."""

from collections.abc import Sequence
from pathlib import Path

from scripts.aws import part_files
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import package
from scripts.deploy.installer import EVERY_SERVICE
from scripts.deploy.package import Contents, ForLambda, Package
from scripts.deploy.stack_part import StackPart
from scripts.project.folder import Project, needed
from scripts.project.part_models import ProjectPart


def build(project: Project, name: str, target: ForLambda | None) -> Package | None:
    """Build the zip of a part for Lambda, or for the emulator if `target` is None; return None for one without code.

    It has the code, the processor, the notifications, and their packages and those of the part's requirements.
    Raise ConfigurationError if packages for Lambda are missing or contradict each other.
    """
    part = project.file.parts[name]
    if not part.code:
        return None
    contents = Contents(name, package.NOTIFICATIONS.patterns, EVERY_SERVICE)
    own = target._replace(requirements=_requirements(project.folder, part, target)) if target else None
    files = {path.relative_to(project.folder).as_posix(): path for path in code_files(project.folder, part)}
    return package.build(contents, target=own, more=files)


def build_named(given: Path | None, names: Sequence[str], target: ForLambda | None) -> list[Package]:
    """Build the zips of parts of the given project, or the one of the current folder. Raise ConfigurationError."""
    project = needed(given)
    part_files.check(project)
    if unknown := [name for name in names if name not in project.file.parts]:
        known = ", ".join(project.file.parts) or "none"
        raise ConfigurationError(f"{project.path} has no part {unknown[0]}; its parts: {known}.")
    built = (build(project, name, target) for name in names)
    return [each for each in built if each]


def build_all(
    project: Project, parts: Sequence[StackPart], target: ForLambda | None
) -> tuple[tuple[StackPart, ...], list[Package]]:
    """Return the parts with the keys of their zips, and the zips. Raise ConfigurationError."""
    built = {part.mark: build(project, part.mark, target) for part in parts if part.is_further}
    zips = {name: each for name, each in built.items() if each}
    keyed = (part._replace(code_key=zips[part.mark].key) if part.mark in zips else part for part in parts)
    return tuple(keyed), list(zips.values())


def code_files(folder: Path, part: ProjectPart) -> list[Path]:
    """Return the files of the package of a part, without those that Python makes."""
    found = (folder / part.code).rglob("*") if part.code else ()
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _requirements(folder: Path, part: ProjectPart, target: ForLambda) -> tuple[Path, ...]:
    own = (folder / part.requirements,) if part.requirements else ()
    return (*target.requirements, package.REQUIREMENTS / "notifications.txt", *own)
