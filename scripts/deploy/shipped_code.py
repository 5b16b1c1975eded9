"""Build the zips of a deployment: both functions with the routes file, for the emulator or for Lambda."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from scripts.cli.product_files import PROJECT
from scripts.deploy import package, runtime
from scripts.deploy.wheels import Architecture
from scripts.routes.deployed_routes import RoutesFileCopy

ROUTES_IN_ZIP: Final = "processor/routes.yaml"

_REQUIREMENTS: Final = PROJECT / "requirements"
_CONTENTS: Final = (package.INGEST, package.PROCESSOR)


def for_emulator(routes: Path) -> list[package.Package]:
    """Return the zips as the emulator needs them: it has the processor's packages already."""
    return _built(routes, None)


def for_lambda(routes: Path, architecture: str, python: Path | None, *, with_sentry: bool) -> list[package.Package]:
    """Return the zips for Lambda's instruction set. Raises ConfigurationError."""
    lists = ("processor.txt", "sentry.txt") if with_sentry else ("processor.txt",)
    requirements = tuple(_REQUIREMENTS / name for name in lists)
    return _built(routes, package.ForLambda(Architecture(architecture), runtime.find(python), requirements))


def named(packages: Iterable[package.Package]) -> dict[str, str]:
    """Return the template's parameters that name the zips and the routes file in them."""
    zips = list(packages)
    keys = {f"{each.name.title()}CodeKey": each.key for each in zips}
    return keys | {"RoutesDigest": routes_in(zips).digest}


def routes_in(packages: Iterable[package.Package]) -> RoutesFileCopy:
    """Return the routes file in the processor's zip: the very bytes that the stack will run."""
    [zipped] = [each.content for each in packages if each.name == "processor"]
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        return RoutesFileCopy(archive.read(ROUTES_IN_ZIP))


def _built(routes: Path, target: package.ForLambda | None) -> list[package.Package]:
    return [package.build(each, target=target, replaced={ROUTES_IN_ZIP: routes}) for each in _CONTENTS]
