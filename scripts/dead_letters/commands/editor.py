"""Correct the body of a dead letter in the user's editor."""

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import typer

from processor.alma.events import parse
from processor.errors import Permanent
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.cli.output import notice
from scripts.cli.terminal import escape

_VARIABLES: Final = ("VISUAL", "EDITOR")


def editor_command() -> list[str]:
    """Return the user's editor with its arguments. Raise ConfigurationError without a terminal or an editor."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigurationError("No terminal to open an editor on: pass the corrected body as --with FILE.")
    editor = next(filter(None, (os.environ.get(name, "").strip() for name in _VARIABLES)), "")
    try:
        words = shlex.split(editor)
    except ValueError:
        raise ConfigurationError(f"The editor {editor!r} in VISUAL or EDITOR has an open quote.") from None
    if not words:
        raise ConfigurationError("No editor found: set VISUAL or EDITOR, or pass the corrected body as --with FILE.")
    return words


def edited(body: bytes, editor: list[str]) -> bytes | None:
    """Return the body as the user has edited it, or None if it is unchanged.

    JSON is shown indented. The file can be read only by its owner, and is deleted with everything that the editor puts
    beside it. If the result is not an event, the user can edit it again; else raise RejectedError. Raise
    ConfigurationError or FailedError if the editor cannot be started or fails.
    """
    shown = _indented(body)
    with _private_file(shown) as path:
        while True:
            _run([*editor, str(path)])
            result = _read(path)
            if result == shown:
                return None
            reason = _invalid(result)
            if not reason:
                return result
            notice(f"This is not an event: {escape(reason)}.")
            if not typer.confirm("Edit it again?", default=True, err=True):
                raise RejectedError("Nothing was changed: the edited body is not an event.")


def _indented(body: bytes) -> bytes:
    try:
        return f"{json.dumps(json.loads(body), ensure_ascii=False, indent=2)}\n".encode()
    except (ValueError, RecursionError):
        return body


def _invalid(body: bytes) -> str:
    """Return why a body is not an event, or an empty string."""
    try:
        parse(body)
    except Permanent as failure:
        return failure.reason.rstrip(".")
    return ""


@contextmanager
def _private_file(content: bytes) -> Iterator[Path]:
    """Yield a new file in a new folder, both only for their owner; remove the folder afterwards."""
    suffix = ".xml" if content.lstrip().startswith(b"<") else ".json"
    with tempfile.TemporaryDirectory(prefix="alma-webhooks-") as folder:
        path = Path(folder) / f"body{suffix}"
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        yield path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FailedError(f"Nothing was changed: the edited file cannot be read: {error.strerror}.") from None


def _run(command: list[str]) -> None:
    """Run the editor until it ends. Ctrl-C is for the editor alone, which has the terminal."""
    previous = signal.signal(signal.SIGINT, lambda *_: None)  # a handler, because the editor would inherit SIG_IGN
    try:
        code = subprocess.run(command, check=False).returncode  # noqa: S603 -- the user's own editor
    except OSError as error:
        raise ConfigurationError(f"The editor {command[0]} cannot be started: {error.strerror}.") from None
    finally:
        signal.signal(signal.SIGINT, previous)
    if code:
        raise FailedError(f"Nothing was changed: the editor {command[0]} failed with exit code {code}.")
