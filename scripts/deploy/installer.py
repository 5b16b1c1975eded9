"""Install pinned packages with uv for another Python or another machine, such as those of the functions for Lambda.

The pip of a virtual environment can be too old: pip 23.0 cannot run under Python 3.12. uv is pinned and does not depend
on the Python version. It does not read pip's configuration, so the package indexes configured there are passed to it as
environment variables.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.runtime import VERSION, Architecture

# pip's options, and the variables of uv that mean the same. Both take several values separated by white space, but for
# uv's find-links, which a comma separates.
_VARIABLES: Final = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
# Of pip's sections the later ones win.
_SECTIONS: Final = ("global", "install", ":env:")
_LONGEST: Final = 1000

EVERY_SERVICE: Final = frozenset({"*"})
"""For code that may call any service of AWS: all of botocore's descriptions, about 22 MB."""

# Amazon Linux 2023 has glibc 2.34 ("Lambda runtimes", AWS Lambda Developer Guide); wheels for an older one run there.
_GLIBC: Final = "manylinux_2_34"
_SUFFIXES: Final = {Architecture.arm64: "aarch64", Architecture.x86_64: "x86_64"}

# Files that the installer writes about this computer.
_NOT_SHIPPED: Final = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json", ".lock"}
)


def install(requirements: Sequence[Path], options: Sequence[str], what: str) -> None:
    """Install exactly the pinned wheels. The `options` of uv name the Python and the folder.

    Raise ConfigurationError with uv's reason. `what` names the packages in it, as in "The handlers' packages".
    """
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--color", "never", "--no-progress"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-python-downloads", *options]
    settings = _pip_settings()
    if settings.get("no-index", "").lower() in {"1", "true", "yes", "on"}:  # uv has no variable for it
        command.append("--no-index")
    command += [argument for path in requirements for argument in ("--requirement", str(path))]
    done = subprocess.run(  # noqa: S603 -- the uv that is installed beside this program
        command, capture_output=True, text=True, check=False, env=_environment(settings, os.environ)
    )
    if done.returncode:
        reason = " ".join(done.stderr.split()) or f"uv exited with {done.returncode} and no output"
        raise ConfigurationError(f"{what} cannot be installed: {reason[:_LONGEST]}")


def install_for_lambda(
    requirements: Sequence[Path],
    architecture: Architecture,
    folder: Path,
    services: Collection[str],
    version: str = VERSION,
) -> list[Path]:
    """Install exactly the pinned wheels for Lambda's platform and Python into a folder. Return the files to ship.

    Most of botocore are descriptions of AWS services. Only those of the given services are shipped,
    or all for EVERY_SERVICE.
    Raise ConfigurationError if a hash does not match, a wheel for Lambda is missing, or the download fails.
    """
    platform = f"{_SUFFIXES[architecture]}-{_GLIBC}"
    options = ["--python", sys.executable, "--python-version", version, "--python-platform", platform]
    install(requirements, [*options, "--target", str(folder)], "The functions' packages for Lambda")
    return sorted(_shipped(folder, services))


def _environment(settings: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for uv: this one, and pip's configuration unless a uv variable overrides it."""
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_LINK_MODE": "copy"}  # as pip does; the hashes decide
    for option, value in settings.items():
        if value and option in _VARIABLES:
            found[_VARIABLES[option]] = ",".join(value.split()) if option == "find-links" else value
    return {**found, **own}


def _pip_settings() -> dict[str, str]:
    """Return the options of pip's configuration files and variables, without sections; empty if pip is missing."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- only asked
    by_section: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for line in done.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.rpartition(".")
        if section in by_section:
            by_section[section][option] = " ".join(str(ast.literal_eval(value)).split())
    return {option: value for section in _SECTIONS for option, value in by_section[section].items()}


def _shipped(folder: Path, services: Collection[str]) -> Iterator[Path]:
    for file in folder.rglob("*"):
        place = file.relative_to(folder)
        is_code = file.suffix not in {".pyi", ".pyc"} and place.parts[0] != "bin" and file.name not in _NOT_SHIPPED
        if file.is_file() and is_code and _is_used(place, services):
            yield file


def _is_used(place: Path, services: Collection[str]) -> bool:
    """Return whether the file is needed: not a description of a service that the functions never call."""
    is_description = place.parts[:2] == ("botocore", "data") and len(place.parts) > 3
    return not is_description or services == EVERY_SERVICE or place.parts[2] in services


def main(python: str, requirements: str) -> None:
    """Install a requirements file into the environment of another Python, for `make scan`."""
    try:
        install([Path(requirements)], ["--python", python], f"The packages of {requirements}")
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- a program of make's
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main(*sys.argv[1:])
