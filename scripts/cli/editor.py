"""Open a file in the user's editor."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.cli.exit_codes import ConfigurationError, FailedError

_VARIABLES: Final = ("VISUAL", "EDITOR")

# Editors that take a line in another form than `+LINE FILE`, which vi, nano and emacs take.
_GOTO: Final = frozenset({"code", "code-insiders", "codium", "cursor"})  # --goto FILE:LINE
_COLON: Final = frozenset({"hx", "subl", "zed"})  # FILE:LINE


def editor_command(otherwise: str) -> list[str]:
    """Return the user's editor with its arguments.

    Raise ConfigurationError without a terminal or an editor; `otherwise` is what to do then, such as "pass a file".
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigurationError(f"No terminal to open an editor on: {otherwise}.")
    editor = next(filter(None, (os.environ.get(name, "").strip() for name in _VARIABLES)), "")
    try:
        words = shlex.split(editor)
    except ValueError:
        raise ConfigurationError(f"The editor {editor!r} in VISUAL or EDITOR has an open quote.") from None
    if not words:
        raise ConfigurationError(f"No editor found: set VISUAL or EDITOR, or {otherwise}.")
    return words


def at_line(editor: Sequence[str], path: Path, line: int) -> list[str]:
    """Return the command that opens a file at a line, counted from 1."""
    name = Path(editor[0]).stem
    if name in _GOTO:
        return [*editor, "--goto", f"{path}:{line}"]
    return [*editor, f"{path}:{line}"] if name in _COLON else [*editor, f"+{line}", str(path)]


def run_editor(command: Sequence[str]) -> None:
    """Run the editor until it ends. Ctrl-C is for the editor alone, which has the terminal.

    Raise ConfigurationError if it cannot be started, FailedError if it fails.
    """
    previous = signal.signal(signal.SIGINT, lambda *_: None)  # a handler, because the editor would inherit SIG_IGN
    try:
        code = subprocess.run(command, check=False).returncode  # noqa: S603 -- the user's own editor
    except OSError as error:
        raise ConfigurationError(f"The editor {command[0]} cannot be started: {error.strerror}.") from None
    finally:
        signal.signal(signal.SIGINT, previous)
    if code:
        raise FailedError(f"Nothing was changed: the editor {command[0]} failed with exit code {code}.")
