"""A folder with the packages of a requirement, like a fresh environment, without the network."""

from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def link_packages(requirements: Iterable[str], folder: Path) -> None:
    """Link each package of these requirements into the folder, with all packages that it requires."""
    pending, seen = [Requirement(each) for each in requirements], set[str]()
    while pending:
        name = canonicalize_name(pending[0].name)
        found, extras = distribution(name), pending.pop(0).extras or {""}
        if name in seen:
            continue
        seen.add(name)
        pending += [each for each in map(Requirement, found.requires or []) if is_needed(each, extras)]
        for entry in {file.parts[0] for file in found.files or []} - {"..", "__pycache__"}:
            if not (folder / entry).exists():
                (folder / entry).symlink_to(Path(str(found.locate_file(entry))))


def is_needed(requirement: Requirement, extras: Iterable[str]) -> bool:
    """Return whether this Python, on this system, needs the requirement for one of the extras."""
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras)
