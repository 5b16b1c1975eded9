"""The folder for files with events that no path was given for: the user's own, and never a checkout. Writes no file."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from scripts.cli.exit_codes import ConfigurationError


def new_export(what: str, stack: str, now: datetime, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path of a new file in the folder, which is made for its owner alone if it is missing.

    "XDG Base Directory Specification", freedesktop.org: state that is worth keeping between runs, and no path that is
    relative. Raises ConfigurationError when the folder cannot be made.
    """
    folder = exports_folder(environment)
    try:
        for made in (folder.parent, folder):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} for exports cannot be created: {error.strerror}. Pass --export FILE."
        ) from None
    return folder / f"{what}-{stack}-{now:%Y%m%dT%H%M%SZ}.jsonl"


def exports_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder: $XDG_STATE_HOME/alma-webhooks/exports, or the same in ~/.local/state."""
    state = environment.get("XDG_STATE_HOME", "")
    home = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return home / "alma-webhooks" / "exports"
