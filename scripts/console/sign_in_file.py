"""Open a browser without its command line, which other users of this computer can read, having the token."""

import os
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from markupsafe import escape

from scripts.console.session import Sessions

_PAGE = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={url}"><title>Console</title>'


@contextmanager
def opened_in_browser(sessions: Sessions, on_failure: Callable[[], None]) -> Iterator[None]:
    """Open a file that only its owner can read and that sends the browser to the console; remove it after its use.

    `on_failure` is called if no browser was found, in a thread: some browsers return only when they are closed.
    """
    with tempfile.TemporaryDirectory(prefix="alma-webhooks-") as folder:
        page = Path(folder) / "console.html"  # the folder is readable for its owner only
        _write(page, _PAGE.format(url=escape(sessions.sign_in_url)))
        sessions.when_taken(lambda: _remove(page))
        Thread(target=_open, args=(page.as_uri(), on_failure), daemon=True).start()
        yield


def write_sign_in_url(file: Path, sessions: Sessions) -> None:
    """Write the URL with the token to a new file that only its owner can read. Raise OSError."""
    _write(file, f"{sessions.sign_in_url}\n")


def _write(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)


def _open(url: str, on_failure: Callable[[], None]) -> None:
    if not webbrowser.open(url):
        on_failure()


def _remove(file: Path) -> None:
    with suppress(OSError):  # the token in it is of no use any more
        file.unlink()
