"""Get the files of the processor as they were at another commit, to measure both versions in one run."""

import subprocess
from typing import Final

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.product_files import PROJECT

# The folders of the processor's zip.
_FOLDERS: Final = ("ingest", "processor", "notifications")


def zipped(commit: str) -> bytes:
    """Return a zip of these folders of a commit of this repository. Raise ConfigurationError."""
    command = ["git", "-C", str(PROJECT), "archive", "--format=zip", "--end-of-options", commit, *_FOLDERS]
    try:
        return subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603 -- git, from PATH
    except (OSError, subprocess.CalledProcessError):
        raise ConfigurationError(
            f"--before {commit}: git has no such commit with a processor in {PROJECT}; pass one of its commits."
        ) from None
