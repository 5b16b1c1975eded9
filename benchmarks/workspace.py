"""Prepare the folder of a benchmark: all functions unpacked from their zips, and the files that they need.

Everything is compiled as in the zips. The folder is removed after the run.
"""

import io
import marshal
import shutil
import zipfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import botocore

from benchmarks import authority_folder, version_before
from benchmarks.measured_python import MeasuredPython
from scripts.deploy import authorities, package
from scripts.deploy.runtime import Architecture, compile_all

_HERE: Final = Path(__file__).parent

# One route to each kind of target that the shipped routes do not use.
_MORE_ROUTES: Final = """
  - name: bench-queue
    when: {action: [BENCH_QUEUE]}
    deliver: [{queue: "arn:aws:sqs:eu-central-1:000000000000:bench"}]
  - name: bench-bus
    when: {action: [BENCH_BUS]}
    deliver: [{event_bus: "arn:aws:events:eu-central-1:000000000000:event-bus/bench"}]
  - name: bench-function
    when: {action: [BENCH_FUNCTION]}
    deliver: [{function: "arn:aws:lambda:eu-central-1:000000000000:function:bench"}]
"""


class Workspace(NamedTuple):
    """Folders for the path of measured processes, files that they read, and the size of the zip of ingest.

    `processor` has the shipped routes; `all_targets` has also a route to each other kind of target, and `before` is the
    same of another commit.
    """

    folder: Path
    ingest: Path
    processor: Path
    all_targets: Path
    notifications: Path
    runner: Path
    handlers: Path
    full_bundle: Path
    zip_bytes: int
    before: Path | None = None

    @property
    def trusted_folder(self) -> Path:
        """The folder of authorities in the zip of ingest."""
        return self.ingest / authorities.FOLDER

    def keep_events(self, name: str, events: list[Any]) -> Path:
        """Write events for a measured process; return the path."""
        path = self.folder / f"{name}.events"
        path.write_bytes(marshal.dumps(events, 4))
        return path


def prepare(folder: Path, python: MeasuredPython, authority: str, before: str | None = None) -> Workspace:
    """Build the workspace. `authority` is the stub's, in PEM; `before` is a commit. Raise ConfigurationError."""
    target = package.ForLambda(Architecture.x86_64, python.executable, ())  # without packages it is the same for both
    ingest_zip = package.build(package.INGEST, target=target).content
    # Without its packages: those for the Python that is measured lie elsewhere, the same for all that need them.
    processor_zip = package.build(package.PROCESSOR).content
    place = Workspace(
        folder=folder,
        ingest=_unpacked(ingest_zip, folder / "ingest-zip"),
        processor=_unpacked(processor_zip, folder / "processor-zip"),
        all_targets=_with_all_targets(processor_zip, folder / "processor-zip-all-targets"),
        notifications=_unpacked(package.build(package.NOTIFICATIONS).content, folder / "notifications-zip"),
        runner=Path(shutil.copytree(_HERE / "runner", folder / "runner")),
        handlers=Path(shutil.copytree(_HERE / "handlers", folder / "handlers")),
        full_bundle=folder / "full-bundle.pem",
        zip_bytes=len(ingest_zip),
        before=_version_before(before, folder) if before else None,
    )
    own = (place.processor, place.all_targets, place.notifications, place.runner, place.handlers)
    for compiled in (*own, place.before) if place.before else own:
        compile_all(python.executable, compiled)
    _add_authority(place, authority)
    return place


def _version_before(commit: str, folder: Path) -> Path:
    """Unpack the processor of a commit, with the routes of this version."""
    files = _unpacked(version_before.zipped(commit), folder / "files-before")
    return _with_all_targets(package.build(package.PROCESSOR, files).content, folder / "processor-zip-before")


def _with_all_targets(content: bytes, folder: Path) -> Path:
    unpacked = _unpacked(content, folder)
    with Path(unpacked, package.ROUTES_IN_ZIP).open("a", encoding="utf-8") as routes:
        routes.write(_MORE_ROUTES)
    return unpacked


def _unpacked(content: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return folder


def _add_authority(place: Workspace, authority: str) -> None:
    """Add the authority of the stub to those that listeners trust on Lambda."""
    authority_folder.add(place.trusted_folder, authority.encode())
    full = Path(botocore.__file__).with_name("cacert.pem").read_text("utf-8")
    place.full_bundle.write_text(full + authority, "utf-8")
