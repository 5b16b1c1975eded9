"""Which editor is opened, and at which line."""

from pathlib import Path

import pytest

from scripts.cli.editor import at_line, editor_command
from scripts.cli.exit_codes import ConfigurationError


class Terminal:
    """A stream of a terminal."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"VISUAL": "code --wait", "EDITOR": "vi"}, ["code", "--wait"]),
        ({"VISUAL": " ", "EDITOR": "'my editor' -n"}, ["my editor", "-n"]),
    ],
)
def test_visual_goes_before_editor(
    variables: dict[str, str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both can have arguments."""
    set_terminal(monkeypatch, variables)
    assert editor_command("pass a file") == words


def set_terminal(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("scripts.cli.editor.sys.stdin", Terminal())
    monkeypatch.setattr("scripts.cli.editor.sys.stdout", Terminal())


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "No editor found: set VISUAL or EDITOR, or pass a file."),
        ({"EDITOR": "'vi"}, "has an open quote"),
    ],
)
def test_without_a_usable_editor_it_is_a_usage_error(
    variables: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the variables and what to do instead."""
    set_terminal(monkeypatch, variables)
    with pytest.raises(ConfigurationError, match=sentence):
        editor_command("pass a file")


@pytest.mark.parametrize(
    ("editor", "command"),
    [
        (["vi"], ["vi", "+3", "f.yaml"]),
        (["/usr/bin/code", "--wait"], ["/usr/bin/code", "--wait", "--goto", "f.yaml:3"]),
        (["hx"], ["hx", "f.yaml:3"]),
    ],
)
def test_a_file_is_opened_at_a_line(editor: list[str], command: list[str]) -> None:
    """Editors take the line in three forms."""
    assert at_line(editor, Path("f.yaml"), 3) == command
