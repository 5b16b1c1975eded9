"""Say which project a command uses where none is needed."""

from pathlib import Path

from scripts.cli.output import notice
from scripts.cli.terminal import escape
from scripts.project.folder import Project, found_or_example


def used_project(given: Path | None) -> Project:
    """Return the named or found project, or the shipped example, which is announced. Raise ConfigurationError."""
    project = found_or_example(given)
    if project.is_example:
        notice(escape(f"using {project.folder} ({project.source})"))
    return project
