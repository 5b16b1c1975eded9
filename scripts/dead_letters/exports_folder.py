"""The default folder for exports: in the user's state folder, never in a checkout."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from scripts.cli.exit_codes import ConfigurationError


def new_export(what: str, stack: str, now: datetime, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path of a new file in the folder, which is created for its owner alone if it is missing.

    "XDG Base Directory Specification", freedesktop.org: state that persists between runs; relative paths are ignored.
    Raise ConfigurationError if the folder cannot be created.
    """
    folder = exports_folder(environment)
    try:
        for each in (folder.parent, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
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
