"""Find, install and start Chromium for the browser tests: `python -m tests.browser.chromium` installs it if missing.

Playwright's own browsers are never downloaded: Debian's Chromium gets its security fixes from Debian.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

VARIABLE: Final = "CHROMIUM"
NAMES: Final = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
MISSING: Final = (
    "Chromium is missing, and the browser tests need it. On Debian run `apt-get install --no-install-recommends "
    f"chromium` as root; elsewhere install Chromium or Chrome, or set {VARIABLE} to the path of its program."
)

REBOUND: Final = "rebound.example"
"""A name of another site that leads to this computer, as with DNS rebinding."""

# Loopback is all that a page may reach, and the browser itself fetches no updates or lists.
FLAGS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)

_INSTALL: Final = ("apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium")

Run = Callable[[Sequence[str]], int]


def find(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the path of the browser's program: that of the variable CHROMIUM if it is set; None if there is none."""
    if named := environment.get(VARIABLE):
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name, path=environment.get("PATH")))), None)


@contextmanager
def launched(program: str) -> Iterator[Browser]:
    """Start the browser without a window, with an empty home folder; end it with the block."""
    # Chromium's own sandbox cannot work for root. The pages are those of the tests.
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else [*FLAGS]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags, env={**os.environ, "HOME": home})
        try:
            yield browser
        finally:
            browser.close()


def install(run: Run, user: int, environment: Mapping[str, str] = os.environ) -> bool:
    """Install Debian's Chromium if none is found, and return whether there is one then. `user` is the user's number."""
    if environment.get(VARIABLE) or find(environment):
        return find(environment) is not None
    has = {name for name in ("apt-get", "sudo") if shutil.which(name, path=environment.get("PATH"))}
    if "apt-get" not in has or (user != 0 and "sudo" not in has):
        return False
    rights = ("env",) if user == 0 else ("sudo", "-n", "env")
    command = (*rights, "DEBIAN_FRONTEND=noninteractive", *_INSTALL)
    if run(command):  # The lists of packages may be old, or absent in a container.
        run((*rights, "apt-get", "update", "-q"))
        run(command)
    return find(environment) is not None


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, check=False).returncode  # noqa: S603 -- the constants above


def main() -> None:
    """Install the browser if it is missing. Exit codes: 0 there is one, 2 there is none (the sentence says how)."""
    if not install(_run, os.geteuid()):
        print(MISSING, file=sys.stderr)  # noqa: T201 -- the output of this program
        sys.exit(2)


if __name__ == "__main__":
    main()
