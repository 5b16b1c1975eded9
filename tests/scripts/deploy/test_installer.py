"""Installing for another Python: by uv, from where pip's configuration says, with uv's reason when it fails."""

import hashlib
import os
import re
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import installer

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
    """Whoever configures uv itself is obeyed."""
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
