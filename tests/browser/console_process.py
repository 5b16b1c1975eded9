"""Runs `alma-webhooks console` in a process, as an operator does, and signs a browser in with its URL."""

import os
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, StorageState

from tests.browser.strict_page import strict_context
from tests.end_to_end.running import CHECKOUT, ROOT, Patience, eventually

END_SECONDS: Final = 3.0
"""Ctrl-C ends the console within this time, also while pages are open."""


class ConsoleProcess:
    """A console for the stack that `options` name. It shows times in a zone that is not that of the machine."""

    def __init__(self, folder: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self.err: list[str] = []
        self._home = Path(tempfile.mkdtemp(dir=folder))
        self._file = self._home / "url"
        self._state: StorageState | None = None
        way_in = () if environment and "BROWSER" in environment else ("--no-browser", "--url-file", str(self._file))
        self.process = subprocess.Popen(  # noqa: S603 -- our own interpreter and code
            [*CHECKOUT, "console", *way_in, "--time-zone=Europe/Vienna", *options],
            env={"PATH": os.environ["PATH"], "TMPDIR": str(self._home), "PYTHONUNBUFFERED": "1", **(environment or {})},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def sign_in_url(self) -> str:
        """The URL with the token, which works once. The console is waited for."""
        return eventually(self._sign_in_url)

    @property
    def url(self) -> str:
        """The URL of the console, without a slash at its end."""
        parts = urlsplit(self.sign_in_url)
        return f"{parts.scheme}://{parts.netloc}"

    def signed_in(self, browser: Browser) -> StorageState:
        """Return the cookies of the one session of this console, for any number of contexts. No page is opened."""
        if self._state is None:
            with strict_context(browser) as strict:
                assert strict.context.request.get(self.sign_in_url).ok
                self._state = strict.context.storage_state()
        return self._state

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the signal, wait for the end, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(END_SECONDS * Patience.times)
        self._reader.join()
        if self.process.stderr:
            self.process.stderr.close()
        return code

    def _sign_in_url(self) -> str | None:
        assert self.process.poll() is None, self.err
        text = self._file.read_text("utf-8") if self._file.exists() else ""
        return text.strip() if text.endswith("\n") else None

    def _read(self) -> None:
        assert self.process.stderr
        self.err.extend(iter(self.process.stderr.readline, ""))
