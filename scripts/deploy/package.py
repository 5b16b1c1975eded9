"""Build the zips of the Lambda functions, with the routes file. The same files always give the same bytes."""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final, NamedTuple

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import ROUTES
from scripts.cli.product_files import PROJECT
from scripts.deploy import authorities, runtime
from scripts.deploy.installer import install_for_lambda
from scripts.deploy.runtime import Architecture, compile_all
from scripts.routes.judged_routes import RoutesFileCopy

ROUTES_IN_ZIP: Final = "processor/routes.yaml"

REQUIREMENTS: Final = PROJECT / "requirements"
"""The folder with the pinned packages of the functions."""

# The earliest time in a zip. With the files' own times every build would differ.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE: Final = 0o100644 << 16


class ForLambda(NamedTuple):
    """The settings for zips for Lambda. Zips for the emulator need none: its Python has all packages installed.

    `version` is that of Lambda's Python, such as 3.13. `python` compiles; None leaves the modules as sources.
    """

    architecture: Architecture
    python: Path | None
    requirements: tuple[Path, ...]
    version: str = runtime.VERSION

    @property
    def note(self) -> str:
        """What it costs that the zips are not compiled, or an empty text."""
        return "" if self.python else runtime.without_python(self.version)


class Contents(NamedTuple):
    """The contents of a zip: the product's own files, as glob patterns below its folder.

    `services` are those whose descriptions boto3 needs, by botocore's names. A zip with none has no packages.
    """

    name: str
    patterns: tuple[str, ...]
    services: frozenset[str] = frozenset()


_ENVELOPE: Final = ("ingest/__init__.py", "ingest/envelope.py", "ingest/lite_namedtuple.py", "ingest/sqs_text.py")

INGEST: Final = Contents("ingest", ("ingest/*.py",))
PROCESSOR: Final = Contents(
    "processor",
    # The notifications for routes with that target. Without their packages: what sends is never imported here.
    ("processor/**/*.py", "notifications/**/*.py", *_ENVELOPE),
    frozenset({"dynamodb", "events", "lambda", "s3", "sns", "sqs", "stepfunctions"}),
)
NOTIFICATIONS: Final = Contents(
    "notifications",
    ("notifications/**/*.py", "processor/**/*.py", *_ENVELOPE),
    frozenset({"dynamodb", "sesv2", "sns", "sqs", "ssm"}),
)
"""The producer and the sender. They share much of their code with the processor."""


class Package(NamedTuple):
    """A built zip."""

    name: str
    content: bytes

    @property
    def key(self) -> str:
        """The S3 key. It contains the digest, because CloudFormation detects new code only by a new key."""
        return f"{self.name}/{hashlib.sha256(self.content).hexdigest()}.zip"


def build(
    contents: Contents,
    project: Path = PROJECT,
    *,
    target: ForLambda | None = None,
    routes: Path = ROUTES,
    more: Mapping[str, Path] = MappingProxyType({}),
) -> Package:
    """Build a zip for Lambda, or for the emulator if `target` is None. The processor's has this routes file.

    `more` are further files by their place in the zip.

    Raise ConfigurationError if a pattern matches no file, or if packages for Lambda are missing.
    """
    own_routes = {ROUTES_IN_ZIP: routes} if contents == PROCESSOR else {}
    files = {**dict(_own_files(contents, project)), **own_routes, **more}
    content = {name: file.read_bytes() for name, file in files.items()}
    return Package(contents.name, _zipped(_for_lambda(contents, content, target) if target else content))


def for_lambda(
    architecture: str, python: Path | None, *, with_sentry: bool, version: str = runtime.VERSION
) -> ForLambda:
    """Return the settings for zips for Lambda. Raise ConfigurationError if the given Python is not of its version."""
    lists = ("processor.txt", "sentry.txt") if with_sentry else ("processor.txt",)
    requirements = tuple(REQUIREMENTS / name for name in lists)
    return ForLambda(Architecture(architecture), runtime.find(python, version), requirements, version)


def build_product(target: ForLambda | None, routes: Path, *, with_notifications: bool = False) -> list[Package]:
    """Build the zips of both functions, the processor's with this routes file, and of the notification functions."""
    packages = [build(contents, target=target, routes=routes) for contents in (INGEST, PROCESSOR)]
    return [*packages, build_notifications(target)] if with_notifications else packages


def build_notifications(target: ForLambda | None) -> Package:
    """Build the zip of the notification functions, which have packages of their own."""
    own = target._replace(requirements=(REQUIREMENTS / "notifications.txt",)) if target else None
    return build(NOTIFICATIONS, target=own)


def names(packages: list[Package]) -> dict[str, str]:
    """Return the template's parameters that name the zips and the routes file in them."""
    product = {INGEST.name, PROCESSOR.name, NOTIFICATIONS.name}
    keys = {f"{each.name.title()}CodeKey": each.key for each in packages if each.name in product}
    return keys | {"RoutesDigest": routes_in(packages).digest}


def routes_in(packages: list[Package]) -> RoutesFileCopy:
    """Return the routes file in the processor's zip: the very bytes that the stack will run."""
    [zipped] = [each.content for each in packages if each.name == "processor"]
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        return RoutesFileCopy(archive.read(ROUTES_IN_ZIP))


def write(packages: list[Package], folder: Path) -> list[Path]:
    """Write each zip as NAME.zip to the folder and return the paths. Raise ConfigurationError."""
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
    """Return the files with what Lambda lacks: packages, certificate authorities, and compiled modules if possible."""
    with TemporaryDirectory(prefix="alma-webhooks-package-") as name:
        staged, wheels = Path(name, "staged"), Path(name, "wheels")
        if contents.services:
            asked = (target.requirements, target.architecture, wheels, contents.services, target.version)
            for file in install_for_lambda(*asked):
                content[file.relative_to(wheels).as_posix()] = file.read_bytes()
        else:
            content |= {f"{authorities.FOLDER}/{name}": made for name, made in authorities.made().items()}
        for place, data in content.items():
            Path(staged, place).parent.mkdir(parents=True, exist_ok=True)
            Path(staged, place).write_bytes(data)
        if target.python:
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
