"""Lambda's Python: its instruction sets, and the same version on this computer, which compiles. Installs none.

Without that Python the zips have no compiled modules, and Lambda compiles them in each cold start.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from scripts.cli.exit_codes import ConfigurationError

VERSION: Final = "3.13"
"""The default of the template parameter Runtime."""

# What compiling adds to a cold start, in milliseconds, measured: docs/performance.md, "Zips without compiled modules".
INGEST_COMPILES_MS: Final = 40
PROCESSOR_COMPILES_MS: Final = 1400

# Where AWS unpacks a zip ("Working with .zip file archives for Python Lambda functions", AWS Lambda Developer Guide).
_TASK: Final = "/var/task"


class Architecture(StrEnum):
    """Lambda's instruction sets, as the template's parameter Architecture names them."""

    arm64 = "arm64"
    x86_64 = "x86_64"


def find(given: Path | None = None, version: str = VERSION) -> Path | None:
    """Return a Python of this version: the given one, or one on the path, of pyenv or of uv; None if there is none.

    Raise ConfigurationError if the given one is not of this version.
    """
    for candidate in [given] if given else _candidates(version):
        if _version_of(candidate) == version:
            return candidate
    if given:
        raise ConfigurationError(
            f"--python {given} is not Python {version}, which zips for Lambda are compiled with. Pass the path of one, "
            "or omit --python."
        )
    return None


def without_python(version: str = VERSION) -> str:
    """Return what it costs that no Python of this version was found, and what to do."""
    return (
        f"Python {version} was not found, so the zips have no compiled modules: a cold start takes about "
        f"{INGEST_COMPILES_MS} ms longer in ingest, and {PROCESSOR_COMPILES_MS:,} ms in the processor. To avoid that, "
        f"install it (uv python install {version}), or pass its path with --python."
    )


def compile_all(python: Path, folder: Path) -> None:
    """Compile every module below a folder, so that Lambda need not compile or check it. Raise ConfigurationError.

    `unchecked-hash`: the file times in a zip cannot be trusted ("PEP 552 - Deterministic pycs").
    """
    command = [str(python), "-I", "-m", "compileall", "-q", "-f", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    done = subprocess.run(  # noqa: S603 -- the Python that was found
        [*command, "-s", str(folder), "-p", _TASK, str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        raise ConfigurationError(f"{python} cannot compile the files of the zip: {' '.join(last) or 'no output'}.")


def _candidates(version: str) -> Iterator[Path]:
    """Yield every match on the path, not only the first: that may be a broken shim of pyenv."""
    name = f"python{version}"
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if found := shutil.which(name, path=folder):
            yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or Path.home() / ".local" / "share" / "uv" / "python")
    for installed in (Path(sys.base_prefix).parent, pyenv / "versions", uv):
        yield from sorted(installed.glob(f"*{version}*/bin/{name}"), reverse=True)


def _version_of(python: Path) -> str:
    command = [str(python), "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        done = subprocess.run(  # noqa: S603 -- only asks its version
            command, capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
