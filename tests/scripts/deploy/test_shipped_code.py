"""The zips of a deployment hold the user's routes, and the parameters name them and that file."""

import hashlib
import io
import zipfile
from pathlib import Path

from scripts.deploy import package
from scripts.routes.check import ROUTES


def test_the_zips_for_the_emulator_hold_the_routes_file_and_are_named(tmp_path: Path) -> None:
    """Byte for byte: the digest is that of the file."""
    routes = tmp_path / "routes.yaml"
    routes.write_bytes(b"stages: {dev: {}}\nroutes: []\n")
    packages = package.build_both(None, routes)
    ingest, processor = packages
    with zipfile.ZipFile(io.BytesIO(processor.content)) as archive:
        assert archive.read("processor/routes.yaml") == routes.read_bytes()
    assert package.names(packages) == {
        "IngestCodeKey": ingest.key,
        "ProcessorCodeKey": processor.key,
        "RoutesDigest": hashlib.sha256(routes.read_bytes()).hexdigest(),
    }


def test_f74_what_is_stored_is_the_file_in_the_zip() -> None:
    """The shipped file, byte for byte, from the zip that is built of it."""
    built = package.build_both(None)
    assert package.routes_in(built).content == ROUTES.read_bytes()
