"""Zips as the packager makes them, as far as deployments look into them."""

import io
import zipfile

from scripts.deploy.package import ROUTES_IN_ZIP, Package

ROUTES = b"stages: {dev: {}, stg: {}, prod: {}}\nroutes: []\n"


def zip_of(name: str, routes: bytes = ROUTES) -> Package:
    """Return a package with this routes file and nothing else in its zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(ROUTES_IN_ZIP, routes)
    return Package(name, buffer.getvalue())
