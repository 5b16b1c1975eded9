"""The project of commands that can do without one."""

from pathlib import Path

import pytest

from scripts.project.folder import EXAMPLE, FILE
from scripts.project.used import used_project


def test_a_named_project_is_used_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The user knows which one it is."""
    (tmp_path / FILE).write_text("schema: 1\nname: library\nstages: {dev: {}}\n", "utf-8")
    assert used_project(tmp_path).folder == tmp_path
    assert capsys.readouterr() == ("", "")


def test_the_shipped_example_is_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error: standard output is for results."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    assert used_project(None).folder == EXAMPLE
    out, error = capsys.readouterr()
    assert (out, error) == ("", f"using {EXAMPLE} (the shipped example, because no project was found)\n")
