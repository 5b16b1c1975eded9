"""The Python of Lambda's version: where it is looked for, and what it compiles."""

import shutil
import sys
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.product_files import PROJECT
from scripts.deploy import runtime


def fake_python(folder: Path, version: str, *, name: str = "python3.13") -> Path:
    """A program that says it is a Python of this version."""
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / name
    python.write_text(f"#!/bin/sh\necho {version}\n")
    python.chmod(0o755)
    return python


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A computer on which there is none."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "mine" / "3.11.7"))


def test_the_first_that_works_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shim that leads nowhere may stand before it on the path."""
    broken, right = tmp_path / "shims", tmp_path / "bin"
    fake_python(broken, "broken; exit 127")
    python = fake_python(right, "3.13")
    monkeypatch.setenv("PATH", f"{broken}:{right}")
    assert runtime.find() == python


@pytest.mark.parametrize("place", ["pyenv/versions/3.13.0/bin", "uv/cpython-3.13.9-linux/bin", "mine/3.13.1/bin"])
def test_one_that_is_installed_and_not_on_the_path_is_found(place: str, tmp_path: Path) -> None:
    """As pyenv and uv keep them, or beside the Python that runs this."""
    python = fake_python(tmp_path / place, "3.13")
    assert runtime.find() == python


def test_without_one_there_is_none(tmp_path: Path) -> None:
    """A program of that name that is another version does not count."""
    fake_python(tmp_path / "pyenv" / "versions" / "3.13.0" / "bin", "3.12")
    assert runtime.find() is None


def test_another_version_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The project can choose another runtime of Lambda, whose modules only that version can compile."""
    fake_python(tmp_path, "3.13")
    python = fake_python(tmp_path, "3.14", name="python3.14")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert runtime.find(version="3.14") == python


def test_the_cost_of_sources_is_that_of_the_page() -> None:
    """One sentence says what was not found, what that costs each function, and what to do."""
    page = " ".join((PROJECT / "docs" / "performance.md").read_text("utf-8").split())
    assert "about 40 ms to a cold start of ingest, and 1,400 ms to one of the processor" in page
    assert runtime.without_python("3.14") == (
        "Python 3.14 was not found, so the zips have no compiled modules: a cold start takes about 40 ms longer in "
        "ingest, and 1,400 ms in the processor. To avoid that, install it (uv python install 3.14), or pass its path "
        "with --python."
    )


@pytest.mark.parametrize("version", ["3.12", "nothing"])
def test_one_that_is_named_must_be_of_that_version(version: str, tmp_path: Path) -> None:
    """Another would compile what Lambda cannot read."""
    python = fake_python(tmp_path, version)
    with pytest.raises(ConfigurationError, match=r"--python .* is not Python 3\.13"):
        runtime.find(python)
    with pytest.raises(ConfigurationError, match=r"--python .* is not Python 3\.13"):
        runtime.find(tmp_path / "missing")


def test_every_module_is_compiled_without_a_time(tmp_path: Path) -> None:
    """By an unchecked hash, with the place that it has on Lambda, the same bytes in another folder."""
    for name in ("one", "another"):
        (tmp_path / name / "package").mkdir(parents=True)
        (tmp_path / name / "package" / "module.py").write_text("def f():\n    raise ValueError({'a', 'b'})\n")
        runtime.compile_all(Path(sys.executable), tmp_path / name)
    one, another = (next((tmp_path / name).rglob("*.pyc")).read_bytes() for name in ("one", "another"))
    assert one == another
    assert one[4:8] == b"\x01\x00\x00\x00"  # PEP 552: a hash, and nobody checks it
    assert b"/var/task/package/module.py" in one
    assert str(tmp_path).encode() not in one


def test_what_does_not_compile_is_said(tmp_path: Path) -> None:
    """With the compiler's own words."""
    (tmp_path / "module.py").write_text("def (:\n")
    with pytest.raises(ConfigurationError, match=r"cannot compile the files of the zip: .*SyntaxError"):
        runtime.compile_all(Path(sys.executable), tmp_path)
    shutil.rmtree(tmp_path)
