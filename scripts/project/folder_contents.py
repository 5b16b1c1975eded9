"""Check the files of a project folder for values that look like secrets, and for names that some computers confuse."""

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from notifications.secret_shapes import secrets_in
from scripts.project.folder import FILE

_SKIPPED: Final = frozenset({"node_modules", "__pycache__", "build", "dist"})
LARGEST_FILE: Final = 5_000_000
"""Bytes. Larger files are neither configuration nor events."""

# The folders whose files the commands read by name.
_READ: Final = frozenset({"events", "state-machines"})
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*")


def problems_beside(routes: Path) -> list[str]:
    """Return the problems of the project folder that a routes file is in; none if it is in no such folder."""
    return list(problems(routes.parent)) if (routes.parent / FILE).is_file() else []


def problems(folder: Path) -> Iterator[str]:
    """Yield one sentence for each problem, with file and line. No sentence quotes a secret."""
    paths = sorted(_paths(folder))
    yield from _confused(paths, folder)
    for path in paths:
        if path.is_file() and path.stat().st_size <= LARGEST_FILE:
            yield from _secrets(path)


def _paths(folder: Path) -> Iterator[Path]:
    """Yield the files below the folder, except hidden folders and those of other tools. Hidden files are included."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        yield from (Path(parent, name) for name in names)


def _secrets(path: Path) -> Iterator[str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        yield f"{path}: cannot be read: {error.strerror}"
        return
    # Secrets are ASCII, and Latin-1 reads any file.
    for kind, line in secrets_in(content.decode("latin-1")):
        yield f"{path}:{line}: looks like {kind}; store it in SSM, remove it here, and replace it where it is valid"


def _confused(paths: list[Path], folder: Path) -> Iterator[str]:
    """Yield the names that are one name on a computer that ignores case, or that Windows cannot have."""
    known = dict[str, Path]()
    for path in paths:
        relative = path.relative_to(folder)
        same = unicodedata.normalize("NFC", relative.as_posix()).casefold()
        if same in known:
            yield f"{path}: is the same name as {known[same].name} on some computers; rename one of them"
        known.setdefault(same, path)
        wrong = [part for part in relative.parts if part != part.rstrip(". ")]
        if relative.parts[0] in _READ and not path.name.startswith("."):
            wrong += [part for part in relative.parts if not _NAME.fullmatch(part) and part not in wrong]
        for part in wrong:
            yield f"{path}: rename {part!r}: use lower-case letters, digits and hyphens, with an extension after a dot"
