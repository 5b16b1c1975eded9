"""Which Python is measured."""

import os
import sys
from pathlib import Path

import pytest

from benchmarks import measured_python
from scripts.cli.exit_codes import ConfigurationError


def test_of_an_environment_the_base_is_measured_with_its_packages() -> None:
    """An environment costs its start, which no row is to pay for."""
    found = measured_python.find(Path(sys.executable), lambda _: None)
    assert not found.executable.is_relative_to(sys.prefix)
    assert (found.packages / "boto3").is_dir()
    assert found.version == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize("given", ["/bin/false", "/nowhere/python3"])
def test_what_is_no_python_is_named(given: str) -> None:
    """One sentence, exit 2."""
    with pytest.raises(ConfigurationError, match=f"--python {given} does not run as a Python"):
        measured_python.find(Path(given), lambda _: None)


def test_an_old_python_is_refused(tmp_path: Path) -> None:
    """By its number, not by its dead letters: 3.9 is older than 3.11."""
    old = tmp_path / "python3.9"
    old.write_text(f'#!/bin/sh\necho \'["{old}", "3.9.1", "x86_64", "/nowhere", true]\'\n')
    old.chmod(0o755)
    with pytest.raises(ConfigurationError, match=r"is Python 3\.9\.1; 3\.11 or newer is needed"):
        measured_python.find(old, lambda _: None)


def test_packages_that_cannot_be_installed_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing half installed is left, which the next run would take for whole."""
    bare = tmp_path / "python"
    facts = f'["{bare}", "3.13.1", "x86_64", "/nowhere", false]'
    bare.write_text(f"#!/bin/sh\ncase $* in *find_spec*) echo '{facts}' ;; *) exec '{sys.executable}' \"$@\" ;; esac\n")
    bare.chmod(0o755)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr(measured_python, "_INSTALLED", tmp_path / "build")
    with pytest.raises(ConfigurationError, match=r"packages for Python 3\.13\.1 cannot be installed: .*not found"):
        measured_python.find(bare, lambda _: None)
    assert list(tmp_path.glob("build/*")) == []
