"""The zips for Lambda as they are deployed: complete, and byte-identical on every machine.

The file name keeps these tests out of `make test`, because a build downloads wheels. `make package` runs them.
"""

import io
import platform
import shutil
import subprocess
import zipfile
from functools import cache
from pathlib import Path

import pytest

from scripts.cli.product_files import PROJECT
from scripts.deploy import package, runtime
from scripts.deploy.runtime import Architecture
from tests.scripts.deploy.test_package import SETTINGS

CONTENTS = (package.INGEST, package.PROCESSOR)


# Imports a handler from an unpacked zip, with only the standard library.
_IMPORT = """
import sys
folder, module = sys.argv[1:]
sys.path[:] = [folder, *sys.path]
assert callable(__import__(module, fromlist=["lambda_handler"]).lambda_handler)
"""


@pytest.fixture(scope="module")
def python() -> Path:
    """Lambda's version of Python; without it these tests fail with instructions to install it."""
    return runtime.find() or pytest.fail(runtime.without_python())


@cache
def built(contents: package.Contents, architecture: Architecture, project: Path = PROJECT) -> bytes:
    """A zip for Lambda; that of the processor includes the Sentry package."""
    target = package.for_lambda(architecture, None, with_sentry=bool(contents.services))
    return package.build(contents, project, target=target).content


@pytest.mark.parametrize("contents", CONTENTS, ids=lambda contents: contents.name)
def test_a_zip_is_the_same_from_two_folders(contents: package.Contents, tmp_path: Path) -> None:
    """Two builds for Lambda's default architecture are equal."""
    for name in ("ingest", "processor"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    assert built(contents, Architecture.arm64) == built(contents, Architecture.arm64, tmp_path)


@pytest.mark.parametrize("contents", CONTENTS, ids=lambda contents: contents.name)
def test_an_unpacked_zip_is_complete(contents: package.Contents, tmp_path: Path, python: Path) -> None:
    """The handler is imported from shipped bytecode, without the repository and installed packages."""
    architecture = Architecture.arm64 if platform.machine() in {"aarch64", "arm64"} else Architecture.x86_64
    zipfile.ZipFile(io.BytesIO(built(contents, architecture))).extractall(tmp_path)
    for module in tmp_path.rglob("*.py"):
        module.write_text("raise AssertionError('compiled anew')\n")  # ignored: bytecode was shipped
    completed = subprocess.run(  # noqa: S603 -- the Python that was found, and the project's own code
        [str(python), "-I", "-S", "-c", _IMPORT, str(tmp_path), f"{contents.name}.handler"],
        env=SETTINGS,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (completed.returncode, completed.stderr) == (0, "")


@pytest.mark.parametrize("contents", CONTENTS, ids=lambda contents: contents.name)
def test_every_module_is_compiled_and_native_code_is_for_the_machine(contents: package.Contents) -> None:
    """Everything is compiled for arm64, and no file is left for Lambda to compile."""
    found = set(zipfile.ZipFile(io.BytesIO(built(contents, Architecture.arm64))).namelist())
    modules = {Path(name) for name in found if name.endswith(".py")}
    compiled = {name.parent / "__pycache__" / f"{name.stem}.cpython-313.pyc" for name in modules}
    assert {str(name) for name in compiled} <= found
    assert [name for name in found if name.endswith(".so") and "aarch64" not in name] == []
    assert len([name for name in found if name.endswith(".so")]) == (3 if contents.services else 0)


@pytest.mark.parametrize("contents", CONTENTS, ids=lambda contents: contents.name)
def test_a_zip_of_sources_has_the_same_files_but_no_compiled_ones(
    contents: package.Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is built where Lambda's Python is missing; two builds are equal."""
    compiled = zipfile.ZipFile(io.BytesIO(built(contents, Architecture.arm64)))
    monkeypatch.setattr(runtime, "find", lambda given, version: None)  # noqa: ARG005 -- its signature
    target = package.for_lambda(Architecture.arm64, None, with_sentry=bool(contents.services))
    one, another = (package.build(contents, target=target).content for _ in range(2))
    assert one == another
    sources = zipfile.ZipFile(io.BytesIO(one)).namelist()
    assert sources == [name for name in compiled.namelist() if not name.endswith(".pyc")]


def test_the_zip_of_the_notification_functions_is_the_same_twice() -> None:
    """Two builds are equal, everything is compiled, and native code is for the machine; abi3 is for every Python 3."""
    target = package.for_lambda(Architecture.arm64, None, with_sentry=False)
    zipped = package.build_notifications(target)
    assert package.build_notifications(target) == zipped
    found = zipfile.ZipFile(io.BytesIO(zipped.content)).namelist()
    native = [name for name in found if name.endswith(".so")]
    assert [name for name in native if "aarch64" not in name] == ["cryptography/hazmat/bindings/_rust.abi3.so"]
    assert "notifications/__pycache__/notification.cpython-313.pyc" in found
    assert len(zipped.content) < 20_000_000, "Lambda fetches it at each cold start"
