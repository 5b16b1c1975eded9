"""Builds both Lambdas' zips from content lists, the same bytes from the same files. Installs and uploads nothing."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from scripts.errors import ConfigurationError

PROJECT: Final = Path(__file__).parents[2]

# The earliest moment that a zip can express: a file's own time would make every build another one.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE: Final = 0o100644 << 16


_NOTHING: Final[Mapping[str, Path]] = MappingProxyType({})


class Target(StrEnum):
    """Where the zips will run, which decides what must be in them beside the project's own files."""

    HOST = "host"
    """The local engine: its own Python has the dependencies installed, so the zips hold none."""


class Contents(NamedTuple):
    """What a zip holds: patterns below the project's folder. What no pattern names stays out."""

    name: str
    patterns: tuple[str, ...]


INGEST: Final = Contents("ingest", ("ingest/*.py",))
PROCESSOR: Final = Contents(
    "processor", ("processor/**/*.py", "processor/routes.yaml", "ingest/__init__.py", "ingest/envelope.py")
)


class Package(NamedTuple):
    """One zip, built."""

    name: str
    content: bytes

    @property
    def key(self) -> str:
        """The S3 key. It holds the digest: CloudFormation notices new code only by a new key."""
        return f"{self.name}/{hashlib.sha256(self.content).hexdigest()}.zip"


def build(
    contents: Contents, target: Target, project: Path = PROJECT, *, replaced: Mapping[str, Path] = _NOTHING
) -> Package:
    """The zip for the target; `replaced` names files in it that come from elsewhere.

    Raises ConfigurationError where a pattern finds no file.
    """
    files = sorted({file for pattern in contents.patterns for file in _matching(pattern, project)})
    match target:
        case Target.HOST:
            return Package(contents.name, _zipped(files, project, replaced))


def write(packages: list[Package], folder: Path) -> list[Path]:
    """Writes each zip as NAME.zip into the folder, made if need be; returns the paths. Raises ConfigurationError."""
    paths = [folder / f"{package.name}.zip" for package in packages]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for package, path in zip(packages, paths, strict=True):
            path.write_bytes(package.content)
    except OSError as error:
        raise ConfigurationError(f"The folder {folder} cannot be written to: {error.strerror}.") from None
    return paths


def _matching(pattern: str, project: Path) -> list[Path]:
    files = [file for file in project.glob(pattern) if file.is_file() and "__pycache__" not in file.parts]
    if not files:
        raise ConfigurationError(f"There is no file {pattern} in {project}, so the zip cannot be built.")
    return files


def _zipped(files: list[Path], project: Path, replaced: Mapping[str, Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in files:
            name = file.relative_to(project).as_posix()
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix, on whichever system it is built
            entry.external_attr = _READABLE_FILE
            archive.writestr(entry, replaced.get(name, file).read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()
