"""Find and read the library's own folder: the one with alma-webhooks.yaml."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.product_files import PROJECT as PRODUCT
from scripts.project.mistakes import read as read
from scripts.project.models import ProjectFile, StageSettings

FILE: Final = "alma-webhooks.yaml"
TOPICS_FILE: Final = "notifications.yaml"
VARIABLE: Final = "ALMA_WEBHOOKS_PROJECT"
EXAMPLE: Final = PRODUCT / "examples" / "complete"
"""The shipped folder that commands without an effect on AWS use where there is no project."""

MISSING: Final = (
    f"No project found: there is no {FILE} in this folder or above it. Create one with alma-webhooks init FOLDER, or "
    f"pass --project FOLDER (or set {VARIABLE})."
)


class Project(NamedTuple):
    """A project folder and its file. `source` says how it was found, for messages."""

    folder: Path
    file: ProjectFile
    source: str

    @property
    def is_example(self) -> bool:
        """Whether it is the shipped example, because no folder was named or found."""
        return self.folder == EXAMPLE

    @property
    def path(self) -> Path:
        """The path of alma-webhooks.yaml."""
        return self.folder / FILE

    @property
    def routes(self) -> Path:
        """The path of the routes file."""
        return self.folder / "routes.yaml"

    @property
    def notifications(self) -> Path:
        """The path of the file of notification topics, which need not exist."""
        return self.folder / TOPICS_FILE

    @property
    def samples(self) -> Path:
        """The folder of the sample events: its own, or that of the example if it has none."""
        own = self.folder / "events"
        return own if own.is_dir() else EXAMPLE / "events"

    def settings(self, stage: str) -> StageSettings:
        """Return the settings of a stage. Raise ConfigurationError if the file does not have it."""
        if stage not in self.file.stages:
            known = ", ".join(self.file.stages)
            raise ConfigurationError(f"{self.path} has no stage {stage}; it has {known}. Add it under stages.")
        return self.file.stages[stage]


def find(
    given: Path | None = None, start: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Project | None:
    """Return the project that a flag or the environment names, else the nearest one upwards, else None.

    The search ends at the root of a repository and below the home folder. Raise ConfigurationError for a named folder
    without the file, for a found one that others could have written, and for a file with mistakes.
    """
    named, source = (given, "--project") if given else (environ.get(VARIABLE), VARIABLE)
    if named:
        folder = Path(named).expanduser().resolve()
        folder = folder.parent if folder.name == FILE and folder.is_file() else folder
        if not (folder / FILE).is_file():
            raise ConfigurationError(
                f"{source} names {folder}, which has no {FILE}. Create it: alma-webhooks init {named}"
            )
        return Project(folder, read(folder / FILE), source)
    for folder in _upwards(start):
        path = folder / FILE
        if _is_file(path):
            _check_owner(path)
            return Project(folder, read(path), "found from the current folder")
    return None


def needed(given: Path | None = None, environ: Mapping[str, str] = os.environ) -> Project:
    """Return the same. Raise ConfigurationError, which says how to create one, if there is none."""
    found = find(given, environ=environ)
    if found is None:
        raise ConfigurationError(MISSING)
    return found


def found_or_example(given: Path | None = None) -> Project:
    """Return the same, or the shipped example if there is none."""
    return find(given) or example()


def example() -> Project:
    """Return the shipped example."""
    return Project(EXAMPLE, read(EXAMPLE / FILE), "the shipped example, because no project was found")


def _upwards(start: Path | None) -> Iterator[Path]:
    """Yield the folder and those above it, up to a repository's root, and never the home folder or one above it."""
    home = None
    with suppress(RuntimeError):  # a user without a home folder, as in a container
        home = Path.home().resolve()
    try:
        first = (start or Path.cwd()).resolve()
    except FileNotFoundError:  # the current folder was deleted
        return
    for folder in (first, *first.parents):
        if home and (folder == home or folder in home.parents):
            return
        yield folder
        if (folder / ".git").exists():
            return


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:  # a folder that this user may not read holds nothing of theirs
        return False


def _check_owner(path: Path) -> None:
    """Raise ConfigurationError for a file that another user owns or may write: it could redirect a deployment."""
    if not hasattr(os, "getuid"):
        return  # Windows has no such owners
    found = path.stat()
    if found.st_uid not in {os.getuid(), 0} or found.st_mode & stat.S_IWOTH:
        raise ConfigurationError(
            f"{path} was found, but another user owns it or may write to it. Name the folder to use it: --project "
            f"{path.parent}"
        )
