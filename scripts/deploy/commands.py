"""The command `package`: flags and printing only; `scripts.deploy.package` does the work."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scripts.cli.product_files import PROJECT
from scripts.deploy import package as packaging
from scripts.deploy import runtime
from scripts.deploy.wheels import Architecture

_REQUIREMENTS = PROJECT / "requirements"


class PackageTarget(StrEnum):
    """Where the zips will run. This decides what they contain besides the project's own files."""

    host = "host"
    lambda_ = "lambda"


PackageTargetOption = Annotated[
    PackageTarget, typer.Option(help="Where the zips run: on the emulator of this computer, or on Lambda.")
]
ArchitectureOption = Annotated[
    Architecture, typer.Option(help="The instruction set of Lambda: the template parameter Architecture.")
]
PythonOption = Annotated[
    Path | None,
    typer.Option(help=f"Path of the Python {runtime.VERSION} that compiles the zips for Lambda; default: search."),
]
SentryOption = Annotated[
    bool, typer.Option("--sentry", help="Include sentry-sdk, which the parameter SentryDsn needs.")
]
OutOption = Annotated[Path, typer.Option(help="The folder for the zips.", file_okay=False)]


def package(
    target: PackageTargetOption = PackageTarget.host,
    architecture: ArchitectureOption = Architecture.arm64,
    python: PythonOption = None,
    sentry: SentryOption = False,  # noqa: FBT002 -- a flag
    out: OutOption = Path("build"),
) -> None:
    """Build the zips of both functions. The same files always give the same bytes.

    Example: alma-webhooks package --target lambda
    """
    made_for = for_lambda(architecture, python, sentry=sentry) if target is PackageTarget.lambda_ else None
    packages = [packaging.build(contents, target=made_for) for contents in (packaging.INGEST, packaging.PROCESSOR)]
    for path, built in zip(packaging.write(packages, out), packages, strict=True):
        typer.echo(f"{path}  {len(built.content)} bytes  {built.key}")


def for_lambda(architecture: Architecture, python: Path | None, *, sentry: bool) -> packaging.ForLambda:
    """Return the settings for zips for Lambda. Raise ConfigurationError if its Python is not found."""
    lists = ("processor.txt", "sentry.txt") if sentry else ("processor.txt",)
    return packaging.ForLambda(architecture, runtime.find(python), tuple(_REQUIREMENTS / name for name in lists))
