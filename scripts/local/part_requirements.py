"""Check that the packages of a project's further parts are installed: the emulator's functions import those of here."""

import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import Final

from scripts.cli.exit_codes import ConfigurationError
from scripts.project.folder import Project

# A pinned package. One with a marker after a semicolon may not be meant for this Python.
_PINNED: Final = re.compile(r"(?m)^([A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*[^\s;\\]+\s*(\\|#|$)")


def check_installed(project: Project) -> None:
    """Raise ConfigurationError with the command that installs what is missing."""
    for name, part in project.file.parts.items():
        path = project.folder / part.requirements if part.requirements else None
        if path and (missing := list(_missing(path))):
            raise ConfigurationError(
                f"The part {name} needs Python packages that are not installed here: {', '.join(missing)}. Install "
                f"them: {quote(sys.executable)} -m pip install --requirement {quote(str(path))}"
            )


def _missing(requirements: Path) -> Iterator[str]:
    for name, _ in _PINNED.findall(requirements.read_text("utf-8")):
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name
