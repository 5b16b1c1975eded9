"""Runs `alma-webhooks console` in a process, as a user does, and is its browser."""

import contextlib
import http.client
import os
import re
import signal
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import urlencode, urlsplit

from tests.end_to_end.running import CHECKOUT, ROOT, Patience, eventually


class Reply(NamedTuple):
    """The answer to a request; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


class ConsoleProcess:
    """A console in its own process, with a file for its URL; `arguments` follow the command."""

    def __init__(self, folder: Path, *arguments: str, url_file: bool = True, **environment: str) -> None:
        self.url_file = folder / "url"
        flags = (f"--url-file={self.url_file}", *arguments) if url_file else arguments
        self.process = subprocess.Popen(  # noqa: S603 -- our own interpreter and code
            [*CHECKOUT, "console", *flags],
            env={"PATH": os.environ["PATH"], "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1", **environment},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.cookie = ""
        self._sign_in_url = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it as an operator does: if it is killed, SQS hides dead letters that it was about to receive."""
        try:
            if self.process.poll() is None:
                self.end(signal.SIGINT)
        finally:
            self.process.kill()
            self.process.communicate()

    @property
    def sign_in_url(self) -> str:
        """The URL with its token, which is waited for."""

        def written() -> str:
            assert self.process.poll() is None, self.process.communicate()
            return self.url_file.read_text().strip() if self.url_file.exists() else ""

        self._sign_in_url = self._sign_in_url or eventually(written)
        return self._sign_in_url

    @sign_in_url.setter
    def sign_in_url(self, url: str) -> None:
        self._sign_in_url = url

    @property
    def sign_in_path(self) -> str:
        """The path of the URL, with the token."""
        place = urlsplit(self.sign_in_url)
        return f"{place.path}?{place.query}"

    @property
    def token(self) -> str:
        """The token in the URL."""
        return self.sign_in_url.partition("token=")[2]

    def sign_in(self) -> None:
        """Begin a session."""
        reply = self.get(self.sign_in_path)
        assert reply.status == 200, reply
        self.cookie = reply.headers["set-cookie"].partition(";")[0]

    def get(self, path: str) -> Reply:
        """Request a page."""
        return self._request("GET", path)

    def post(self, path: str, **fields: str) -> Reply:
        """Send a form of this session."""
        [csrf, *_] = re.findall(r'name="csrf" value="(\w+)"', self.get("/find").body)
        return self._request("POST", path, urlencode({"csrf": csrf, **fields}))

    def _request(self, method: str, path: str, form: str | None = None) -> Reply:
        with self.connected() as connection:
            headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request(method, path, form, headers)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, headers, response.read().decode())

    @contextlib.contextmanager
    def connected(self) -> Iterator[http.client.HTTPConnection]:
        """A connection to the console."""
        place = urlsplit(self.sign_in_url)
        assert place.hostname
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
        with contextlib.closing(connection):
            yield connection

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send the signal, wait at most as long as an end may take, and return exit code and output."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=3 * Patience.times)
        return self.process.returncode, out, err


class FakeBrowser:
    """A program that is opened like a browser: it copies its file, and writes down how it was called."""

    def __init__(self, folder: Path) -> None:
        self.seen = folder / "seen"
        self.page = folder / "page.html"
        self.path = folder / "browser"
        self.path.write_text(
            f'#!/bin/sh\ncp "${{1#file://}}" {self.page}\nstat -c "%a %n" "${{1#file://}}" > {self.seen}.new\n'
            f'tr "\\0" " " < /proc/$$/cmdline >> {self.seen}.new\nmv {self.seen}.new {self.seen}\n'
        )
        self.path.chmod(stat.S_IRWXU)

    def opened(self) -> tuple[str, Path, str]:
        """Wait until it was opened, and return the mode of the file, its path, and the command line."""
        mode, _, rest = eventually(lambda: self.seen.read_text() if self.seen.exists() else "").partition(" ")
        name, _, command = rest.partition("\n")
        return mode, Path(name), command


def command_lines(pid: int) -> list[str]:
    """Return the command lines of a process and its descendants."""
    parents = dict[int, int]()
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            parents[int(file.parent.name)] = int(file.read_text().rpartition(") ")[2].split()[1])
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    lines = []
    for each in family:
        with contextlib.suppress(OSError):
            lines.append((Path("/proc") / str(each) / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return lines
