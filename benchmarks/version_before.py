"""Get the files of the processor as they were at another commit, to measure both versions in one run."""

import io
import subprocess
import zipfile
from pathlib import Path
from typing import Final

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.product_files import PROJECT

# The folders of the processor's zip.
_FOLDERS: Final = ("ingest", "processor", "notifications")


def extract(commit: str, folder: Path) -> Path:
    """Extract these folders of a commit of this repository, and return their folder. Raise ConfigurationError."""
    command = ["git", "-C", str(PROJECT), "archive", "--format=zip", "--end-of-options", commit, *_FOLDERS]
    try:
        archive = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603 -- git, from PATH
    except (OSError, subprocess.CalledProcessError):
        raise ConfigurationError(
            f"--before {commit}: git has no such commit with a processor in {PROJECT}; pass one of its commits."
        ) from None
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        files.extractall(folder)
    return folder
