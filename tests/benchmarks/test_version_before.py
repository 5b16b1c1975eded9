"""The files of another commit: those of the processor's zip, or one clear sentence."""

from pathlib import Path

import pytest

from benchmarks.version_before import extract
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import package


def test_a_commit_has_the_files_of_its_zip(tmp_path: Path) -> None:
    """The zip can be built from them."""
    assert package.build(package.PROCESSOR, extract("HEAD", tmp_path)).content


@pytest.mark.parametrize("commit", ["no-such-commit", "--output=file", ""])
def test_an_unknown_commit_is_named(commit: str, tmp_path: Path) -> None:
    """Also one that looks like an option of git; nothing is extracted."""
    with pytest.raises(ConfigurationError, match=f"--before {commit}: git has no such commit with a processor in "):
        extract(commit, tmp_path)
    assert list(tmp_path.iterdir()) == []
