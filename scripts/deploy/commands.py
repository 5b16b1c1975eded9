"""The command `package`: flags and printing only; `scripts.deploy.package` does the work."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.deploy import package as packaging


def package(
    target: Annotated[packaging.Target, typer.Option(help="Where the zips will run.")] = packaging.Target.HOST,
    out: Annotated[Path, typer.Option(help="The folder that the zips are written to.", file_okay=False)] = Path(
        "build"
    ),
) -> None:
    """Builds both functions' zips: the same bytes from the same files."""
    packages = [packaging.build(contents, target) for contents in (packaging.INGEST, packaging.PROCESSOR)]
    for path, built in zip(packaging.write(packages, out), packages, strict=True):
        typer.echo(f"{path}  {len(built.content)} bytes  {built.key}")
