"""The files of another commit: those of the processor's zip, or one clear sentence."""

import io
import zipfile
from pathlib import Path

import pytest

from benchmarks.version_before import zipped
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import package


def test_a_commit_has_the_files_of_its_zip(tmp_path: Path) -> None:
    """The zip can be built from them."""
    zipfile.ZipFile(io.BytesIO(zipped("HEAD"))).extractall(tmp_path)
    assert package.build(package.PROCESSOR, tmp_path).content


@pytest.mark.parametrize("commit", ["no-such-commit", "--output=file", ""])
def test_an_unknown_commit_is_named(commit: str) -> None:
    """Also one that looks like an option of git."""
    with pytest.raises(ConfigurationError, match=f"--before {commit}: git has no such commit with a processor in "):
        zipped(commit)
