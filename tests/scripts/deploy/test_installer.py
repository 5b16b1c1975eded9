"""Installing for another Python: by uv, from where pip's configuration says, and only what Lambda needs."""

import hashlib
import os
import re
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import installer
from scripts.deploy.installer import install_for_lambda
from scripts.deploy.runtime import Architecture

pytestmark = pytest.mark.full  # installs wheels

ROOT = Path(__file__).parents[3]


def wheel(folder: Path) -> str:
    """Put a wheel of the package thing into a folder; return its line of a requirements file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "thing-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("thing.py", "")
        archive.writestr("thing-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1\n")
        archive.writestr("thing-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("thing-1.dist-info/RECORD", "")
    return f"thing==1 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def install(folder: Path, line: str) -> None:
    requirements = folder / "requirements.txt"
    requirements.write_text(line)
    options = ["--python", sys.executable, "--target", str(folder / "target")]
    installer.install([requirements], options, "The packages")


def configured(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let a file be all of pip's configuration."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    path = folder / "pip.conf"
    path.write_text(text)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))
    monkeypatch.setenv("UV_CACHE_DIR", str(folder / "cache"))


def test_packages_come_from_where_pips_configuration_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """uv does not read it, and would ask an index that may not be reachable, or not be the one to trust."""
    line = wheel(tmp_path / "wheels")
    configured(tmp_path, monkeypatch, f"[global]\nno-index = true\nfind-links =\n    {tmp_path}/wheels\n")
    install(tmp_path, line)
    assert (tmp_path / "target" / "thing.py").is_file()


def test_an_index_of_pips_configuration_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A simple index in a folder, named by the section that wins."""
    line = wheel(tmp_path / "index" / "thing")
    page = tmp_path / "index" / "thing" / "index.html"
    page.write_text('<!DOCTYPE html><a href="thing-1-py3-none-any.whl">thing-1-py3-none-any.whl</a>\n')
    index = (tmp_path / "index").as_uri()
    text = f"[global]\nindex-url = file:///nowhere/simple\n[install]\nindex-url = {index}\n"
    configured(tmp_path, monkeypatch, text)
    install(tmp_path, line)
    assert (tmp_path / "target" / "thing.py").is_file()


def test_variables_of_uv_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration of uv itself is kept."""
    line = wheel(tmp_path / "wheels")
    configured(tmp_path, monkeypatch, "[global]\nno-index = true\nfind-links = /nowhere\n")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "wheels"))
    install(tmp_path, line)
    assert (tmp_path / "target" / "thing.py").is_file()


def test_the_installers_own_reason_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence, with the package that is the matter."""
    configured(tmp_path, monkeypatch, f"[global]\nno-index = true\nfind-links = {tmp_path}\n")
    with pytest.raises(ConfigurationError, match=r"The packages cannot be installed: .*thing==1") as failed:
        install(tmp_path, f"thing==1 --hash=sha256:{'0' * 64}\n")
    assert "\n" not in str(failed.value)


def test_a_requirements_file_goes_into_another_environment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make scan` installs its scanners so; a Python that is not there is named, exit 2."""
    with pytest.raises(SystemExit, match="2"):
        installer.main("/nowhere/python", str(tmp_path / "requirements.txt"))
    assert "requirements.txt cannot be installed: " in capsys.readouterr().err


def test_only_uv_installs_for_another_python() -> None:
    """The pip of an environment can be too old for another Python: it installs what this environment itself needs."""
    used = [line for path in (ROOT / "scripts").rglob("*.py") for line in path.read_text("utf-8").splitlines()]
    assert [line.strip() for line in used if re.search(r'"pip\d?"', line) and '"uv"' not in line] == [
        'command = [sys.executable, "-m", "pip", "config", "list"]'
    ]
    installs = re.findall(r"(\S+) -m pip install", (ROOT / "Makefile").read_text("utf-8"))
    assert installs == ["@$(BIN)/python", "@$(BIN)/python", "@$(DOCS)/bin/python"]  # each of its own environment


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
        files = install_for_lambda([self.folder / "requirements.txt"], architecture, target, {"sqs"})
        return [file.relative_to(target).as_posix() for file in files]


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    """Nothing comes from anywhere else."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return Packages(tmp_path)


def test_only_what_the_functions_need_is_shipped(packages: Packages) -> None:
    """No type stubs, no services that it never calls, nothing about this computer."""
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
    """The next owner of the name could put anything into the zip."""
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
