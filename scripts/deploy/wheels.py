"""Install the packages for the processor's zip: wheels for Lambda's platform, pinned by hash."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from scripts.deploy import installer
from scripts.deploy.runtime import VERSION, Architecture

# Amazon Linux 2023 has glibc 2.34 ("Lambda runtimes", AWS Lambda Developer Guide); wheels for an older one run there.
_GLIBC: Final = "manylinux_2_34"
_SUFFIXES: Final = {Architecture.arm64: "aarch64", Architecture.x86_64: "x86_64"}

# Most of botocore are descriptions of AWS services. Only those that the processor calls are shipped.
_SERVICES: Final = frozenset({"dynamodb", "events", "lambda", "s3", "sns", "sqs", "stepfunctions"})

# Files that the installer writes about this computer.
_NOT_SHIPPED: Final = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json", ".lock"}
)


def install(requirements: Sequence[Path], architecture: Architecture, folder: Path) -> list[Path]:
    """Install exactly the pinned wheels for Lambda's platform into a folder. Return the files to ship.

    Raise ConfigurationError if a hash does not match, a wheel for Lambda is missing, or the download fails.
    """
    platform = f"{_SUFFIXES[architecture]}-{_GLIBC}"
    options = ["--python", sys.executable, "--python-version", VERSION, "--python-platform", platform]
    installer.install(requirements, [*options, "--target", str(folder)], "The processor's packages for Lambda")
    return sorted(_shipped(folder))


def _shipped(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        place = file.relative_to(folder)
        is_code = file.suffix not in {".pyi", ".pyc"} and place.parts[0] != "bin" and file.name not in _NOT_SHIPPED
        if file.is_file() and is_code and _is_used(place):
            yield file


def _is_used(place: Path) -> bool:
    """Return whether the file is needed: not a description of a service that the processor never calls."""
    is_description = place.parts[:2] == ("botocore", "data") and len(place.parts) > 3
    return not is_description or place.parts[2] in _SERVICES
