"""Both zips for Lambda as they are deployed: byte-identical wherever they are built, and complete by themselves.

By its name not among the tests that `make test` runs: building gets wheels over the network. `make package` runs it.
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


# Imports a handler from an unpacked zip, with nothing beside it but the standard library.
_IMPORT = """
import sys
folder, module = sys.argv[1:]
sys.path[:] = [folder, *sys.path]
assert callable(__import__(module, fromlist=["lambda_handler"]).lambda_handler)
"""


@pytest.fixture(scope="module")
def python() -> Path:
    """Lambda's Python: without one these tests fail, and say how to get it."""
    return runtime.find()


@cache
def built(contents: package.Contents, architecture: Architecture, project: Path = PROJECT) -> bytes:
    """A zip for Lambda, the processor's with Sentry's package."""
    target = package.for_lambda(architecture, None, with_sentry=contents.needs_packages)
    return package.build(contents, project, target=target).content


@pytest.mark.parametrize("contents", CONTENTS, ids=lambda contents: contents.name)
def test_a_zip_is_the_same_from_two_folders(contents: package.Contents, tmp_path: Path) -> None:
    """Built twice, for Lambda's usual architecture."""
    for name in ("ingest", "processor"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    assert built(contents, Architecture.arm64) == built(contents, Architecture.arm64, tmp_path)


@pytest.mark.parametrize("contents", CONTENTS, ids=lambda contents: contents.name)
def test_an_unpacked_zip_runs_in_an_empty_environment(contents: package.Contents, tmp_path: Path, python: Path) -> None:
    """The handler is imported without the repository and any installed package, from bytecode that was shipped."""
    architecture = Architecture.arm64 if platform.machine() in {"aarch64", "arm64"} else Architecture.x86_64
    zipfile.ZipFile(io.BytesIO(built(contents, architecture))).extractall(tmp_path)
    for module in tmp_path.rglob("*.py"):
        module.write_text("raise AssertionError('compiled anew')\n")  # what was shipped compiled is not looked at
    done = subprocess.run(  # noqa: S603 -- the Python that was found, and our own code
        [str(python), "-I", "-S", "-c", _IMPORT, str(tmp_path), f"{contents.name}.handler"],
        env=SETTINGS,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("contents", CONTENTS, ids=lambda contents: contents.name)
def test_every_module_is_compiled_and_native_code_is_for_the_machine(contents: package.Contents) -> None:
    """For arm64, with no file left for Lambda to compile."""
    found = set(zipfile.ZipFile(io.BytesIO(built(contents, Architecture.arm64))).namelist())
    modules = {Path(name) for name in found if name.endswith(".py")}
    compiled = {name.parent / "__pycache__" / f"{name.stem}.cpython-313.pyc" for name in modules}
    assert {str(name) for name in compiled} <= found
    assert [name for name in found if name.endswith(".so") and "aarch64" not in name] == []
    assert len([name for name in found if name.endswith(".so")]) == (3 if contents.needs_packages else 0)
