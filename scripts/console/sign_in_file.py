"""Open a browser without its command line, which other users of this computer can read, having the token."""

import os
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from markupsafe import escape

from scripts.console.session import Sessions

_PAGE = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={url}"><title>Console</title>'


@contextmanager
def opened_in_browser(sessions: Sessions) -> Iterator[bool]:
    """Open a file that only its owner can read and that sends the browser to the console; remove it at the end.

    Yield whether a browser was found. The token in the file works once, so it is of no use after that.
    """
    with tempfile.TemporaryDirectory(prefix="alma-webhooks-") as folder:
        page = Path(folder) / "console.html"  # the folder is readable for its owner only
        with os.fdopen(os.open(page, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(_PAGE.format(url=escape(sessions.sign_in_url)))
        yield webbrowser.open(page.as_uri())


def write_sign_in_url(file: Path, sessions: Sessions) -> None:
    """Write the URL with the token to a new file that only its owner can read. Raise OSError."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(f"{sessions.sign_in_url}\n")
