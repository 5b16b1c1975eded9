"""Correct the body of a dead letter in the user's editor."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from scripts.cli.editor import run_editor
from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.cli.output import notice
from scripts.cli.terminal import escape
from scripts.dead_letters.edit import NOUNS, why_invalid
from scripts.dead_letters.queue_name import QueueName


def edited(body: bytes, editor: list[str], name: QueueName = QueueName.webhooks) -> bytes | None:
    """Return the body as the user has edited it, or None if it is unchanged.

    JSON is shown indented. The file can be read only by its owner, and is deleted with everything that the editor puts
    beside it. If the result is not an event, or not a notification, the user can edit it again; else raise
    RejectedError. Raise ConfigurationError or FailedError if the editor cannot be started or fails.
    """
    shown = _indented(body)
    with _private_file(shown) as path:
        while True:
            run_editor([*editor, str(path)])
            result = _read(path)
            if result == shown:
                return None
            reason = why_invalid(result, name)
            if not reason:
                return result
            notice(f"This is not {NOUNS[name]}: {escape(reason)}.")
            if not typer.confirm("Edit it again?", default=True, err=True):
                raise RejectedError(f"Nothing was changed: the edited body is not {NOUNS[name]}.")


def _indented(body: bytes) -> bytes:
    try:
        return f"{json.dumps(json.loads(body), ensure_ascii=False, indent=2)}\n".encode()
    except (ValueError, RecursionError):
        return body


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
