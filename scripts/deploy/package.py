"""Builds both Lambdas' zips from content lists, the same bytes from the same files. Uploads nothing."""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final, NamedTuple

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import ca_file
from scripts.deploy.runtime import compile_all
from scripts.deploy.wheels import Architecture, install

PROJECT: Final = Path(__file__).parents[2]

# The earliest moment that a zip can express: a file's own time would make every build another one.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE: Final = 0o100644 << 16


_NOTHING: Final[Mapping[str, Path]] = MappingProxyType({})


class ForLambda(NamedTuple):
    """What zips for Lambda depend on. Those for the emulator do not: its own Python has all packages installed."""

    architecture: Architecture
    python: Path
    requirements: tuple[Path, ...]


class Contents(NamedTuple):
    """What a zip holds: patterns below the project's folder. What no pattern names stays out."""

    name: str
    patterns: tuple[str, ...]
    needs_packages: bool = False


INGEST: Final = Contents("ingest", ("ingest/*.py",))
PROCESSOR: Final = Contents(
    "processor",
    (
        *("processor/**/*.py", "processor/routes.yaml"),
        *("ingest/__init__.py", "ingest/envelope.py", "ingest/lite_namedtuple.py", "ingest/sqs_text.py"),
    ),
    needs_packages=True,
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
    contents: Contents,
    project: Path = PROJECT,
    *,
    target: ForLambda | None = None,
    replaced: Mapping[str, Path] = _NOTHING,
) -> Package:
    """The zip for the emulator, or for Lambda; `replaced` names files in it that come from elsewhere.

    Raises ConfigurationError where a pattern finds no file, or what Lambda needs cannot be got.
    """
    files = {name: replaced.get(name, file) for name, file in _own_files(contents, project)}
    content = {name: file.read_bytes() for name, file in files.items()}
    return Package(contents.name, _zipped(_for_lambda(contents, content, target) if target else content))


def write(packages: list[Package], folder: Path) -> list[Path]:
    """Writes each zip as NAME.zip into the folder, made if need be; returns the paths. Raises ConfigurationError."""
    paths = [folder / f"{package.name}.zip" for package in packages]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for package, path in zip(packages, paths, strict=True):
            path.write_bytes(package.content)
    except OSError as error:
        raise ConfigurationError(f"Cannot write to folder {folder}: {error.strerror}.") from None
    return paths


def _own_files(contents: Contents, project: Path) -> Iterator[tuple[str, Path]]:
    for pattern in contents.patterns:
        files = [file for file in project.glob(pattern) if file.is_file() and "__pycache__" not in file.parts]
        if not files:
            raise ConfigurationError(f"No file matches {pattern} in {project}, so the zip cannot be built.")
        yield from ((file.relative_to(project).as_posix(), file) for file in files)


def _for_lambda(contents: Contents, content: dict[str, bytes], target: ForLambda) -> dict[str, bytes]:
    """With all that Lambda does not bring: others' packages, the authorities to trust, every module compiled."""
    with TemporaryDirectory(prefix="alma-webhooks-package-") as name:
        staged, wheels = Path(name, "staged"), Path(name, "wheels")
        if contents.needs_packages:
            for file in install(target.requirements, target.architecture, wheels):
                content[file.relative_to(wheels).as_posix()] = file.read_bytes()
        else:
            content[ca_file.NAME] = ca_file.made()
        for place, data in content.items():
            Path(staged, place).parent.mkdir(parents=True, exist_ok=True)
            Path(staged, place).write_bytes(data)
        compile_all(target.python, staged)
        return {file.relative_to(staged).as_posix(): file.read_bytes() for file in staged.rglob("*") if file.is_file()}


def _zipped(content: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix, on whichever system it is built
            entry.external_attr = _READABLE_FILE
            archive.writestr(entry, content[name], zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()
