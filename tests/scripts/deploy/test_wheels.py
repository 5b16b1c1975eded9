"""The packages in the processor's zip: the pinned wheels for Lambda's architecture, without unneeded files."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.runtime import Architecture
from scripts.deploy.wheels import install

pytestmark = pytest.mark.full  # installs wheels

FILES = {
    "thing/__init__.py": "",
    "thing/native.pyi": "",
    "botocore/data/sqs/2012-11-05/service-2.json.gz": "",
    "botocore/data/ec2/2016-11-15/service-2.json.gz": "",
    "botocore/data/endpoints.json": "",
    "thing-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: thing\nVersion: 1\n",
    "thing-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "thing-1.dist-info/RECORD": "",
    "thing-1.dist-info/uv_cache.json": "",
}


class Packages:
    """A folder of wheels, which is all that there is to install from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, tag: str) -> str:
        """A wheel of the package thing; its line in a requirements file."""
        path = self.folder / f"thing-1-{tag}.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for name, text in FILES.items():
                wheel.writestr(name, text.replace("py3-none-any", tag))
        return f"thing==1 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"

    def install(self, line: str, architecture: Architecture = Architecture.arm64) -> list[str]:
        """Installs what a requirements file of this line says; the names of what is to ship."""
        (self.folder / "requirements.txt").write_text(line)
        target = self.folder / "target"
        files = install([self.folder / "requirements.txt"], architecture, target)
        return [file.relative_to(target).as_posix() for file in files]


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    """Nothing comes from anywhere else."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return Packages(tmp_path)


def test_only_what_the_processor_needs_is_shipped(packages: Packages) -> None:
    """No type stubs, no services that it never calls, nothing that tells of this computer."""
    assert set(packages.install(packages.add("py3-none-any"))) == {
        "botocore/data/endpoints.json",
        "botocore/data/sqs/2012-11-05/service-2.json.gz",
        "thing-1.dist-info/METADATA",
        "thing-1.dist-info/WHEEL",
        "thing/__init__.py",
    }


def test_a_wheel_that_is_not_the_pinned_one_is_refused(packages: Packages) -> None:
    """By its hash."""
    packages.add("py3-none-any")
    with pytest.raises(ConfigurationError, match=r"for Lambda cannot be installed: .*Hash mismatch for `thing"):
        packages.install(f"thing==1 --hash=sha256:{'0' * 64}\n")


def test_a_package_without_its_hash_is_refused(packages: Packages) -> None:
    """Whoever owns the name tomorrow could put anything into the zip."""
    packages.add("py3-none-any")
    with pytest.raises(ConfigurationError, match=r"cannot be installed: .*--require-hashes"):
        packages.install("thing==1\n")


@pytest.mark.parametrize(
    ("tag", "architecture"),
    [
        ("cp313-cp313-manylinux_2_17_aarch64", Architecture.arm64),
        ("cp313-cp313-manylinux_2_28_x86_64", Architecture.x86_64),
    ],
)
def test_wheels_are_chosen_for_lambdas_machine_and_python(
    tag: str, architecture: Architecture, packages: Packages
) -> None:
    """Not for those of this computer."""
    line = packages.add(tag)
    assert "thing/__init__.py" in packages.install(line, architecture)
    other = Architecture.x86_64 if architecture is Architecture.arm64 else Architecture.arm64
    with pytest.raises(ConfigurationError):
        packages.install(line, other)


@pytest.mark.parametrize("tag", ["cp312-cp312-manylinux_2_17_aarch64", "cp313-cp313-manylinux_2_39_aarch64"])
def test_a_wheel_that_lambda_cannot_run_is_refused(tag: str, packages: Packages) -> None:
    """Of another Python, or for a newer system."""
    with pytest.raises(ConfigurationError):
        packages.install(packages.add(tag))
