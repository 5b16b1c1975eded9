"""Measure the pages of the console with many dead letters, and its memory over repeated snapshots."""

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from benchmarks.cold import Step
from benchmarks.emulator_run import ROOT, emulator_run, put_dead_letters
from benchmarks.processes import WorkerProcess, started
from benchmarks.spread import spread
from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts
from scripts.console.page import NAVIGATION

MOST_DEAD_LETTERS: Final = 5_000

_SNAPSHOTS: Final = 6
# How long pages are measured while a snapshot is read, for each dead letter. The snapshot takes longer.
_READING_SECONDS: Final = 2.0 / MOST_DEAD_LETTERS
_LIST: Final = "/dead-letters"
_FILTERED: Final = "/dead-letters?event=LOAN_RETURNED&cause=refused"


class Browser:
    """A client of the console on one kept connection, signed in by the URL in a file."""

    def __init__(self, connection: HTTPConnection, url: str) -> None:
        self._connection = connection
        self._cookie = ""
        place = urlsplit(url)
        sign_in, _ = self._answer("GET", f"{place.path}?{place.query}")
        self._cookie = sign_in.getheader("Set-Cookie", "").partition(";")[0]

    def reconnect(self) -> None:
        """Use a new connection for the next page, because the console closes one that nobody uses for some seconds."""
        self._connection.close()

    def page(self, path: str) -> str:
        """Return a page. Raise FailedError unless it is answered with 200."""
        response, text = self._answer("GET", path)
        if response.status != HTTPStatus.OK:
            raise FailedError(f"The page {path} was answered with {response.status}.")
        return text

    def milliseconds(self, path: str) -> float:
        """Return how long a page takes, from the request to its last byte. Raise as `page`."""
        began = time.perf_counter()
        self.page(path)
        return (time.perf_counter() - began) * 1000

    def planned(self) -> str:
        """Let the console plan the replay of all dead letters, and return the path of the plan. Raise FailedError."""
        [csrf, *_] = re.findall(r'name="csrf" value="(\w+)"', self.page(_LIST))
        response, _ = self._answer("POST", "/plans", urlencode({"csrf": csrf, "action": "replay", "select": "all"}))
        if response.status != HTTPStatus.SEE_OTHER:
            raise FailedError(f"The form for a plan was answered with {response.status}.")
        return response.getheader("Location", "")

    def _answer(self, method: str, path: str, form: str | None = None) -> tuple[HTTPResponse, str]:
        headers = {"Cookie": self._cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request(method, path, form, headers)
        response = self._connection.getresponse()
        return response, response.read().decode()


def measure(interrupts: Interrupts, dead_letters: int, rounds: int, step: Step) -> dict[str, Any]:
    """Return times and memory as JSON values. Raise FailedError if a page is not answered with 200."""
    with TemporaryDirectory(prefix="alma-webhooks-bench-") as name, emulator_run(Path(name), interrupts) as facts:
        step(f"console: putting {dead_letters} dead letters")
        ids = put_dead_letters(facts, dead_letters)
        with _console(Path(name), facts, interrupts) as (process, browser):
            paths = [*NAVIGATION, _FILTERED, f"/events/{ids[0]}"]
            memory = _memory(process, browser, paths, dead_letters, step)
            browser.reconnect()
            if f"{dead_letters:,}" not in browser.page(_LIST):
                raise FailedError(f"The page {_LIST} does not show that there are {dead_letters} dead letters.")
            step("console: a plan")
            paths.append(browser.planned())
            process.ask("wait")
            browser.reconnect()
            times: dict[str, list[float]] = {path: [] for path in paths}
            for number in range(rounds + 1):
                step(f"console: pages, round {number} of {rounds}")
                for path in paths:
                    times[path].append(browser.milliseconds(path))
    pages = {_shown(path): {**spread(taken[1:]), "slowest": round(max(taken[1:]), 1)} for path, taken in times.items()}
    return {"dead_letters": dead_letters, "pages_ms": pages, **memory}


def _memory(
    process: WorkerProcess, browser: Browser, paths: list[str], dead_letters: int, step: Step
) -> dict[str, Any]:
    """Read every snapshot some times; return the memory after each time, its duration, and pages while it is read."""
    before, megabytes, seconds = process.ask("wait")["rss_kb"] / 1024, list[float](), list[float]()
    pages: list[float] = []
    for number in range(1, _SNAPSHOTS + 1):
        step(f"console: snapshot {number} of {_SNAPSHOTS}")
        process.ask("later")
        browser.reconnect()
        began = time.perf_counter()
        while not pages or time.perf_counter() - began < _READING_SECONDS * dead_letters:
            pages += [browser.milliseconds(path) for path in paths]
        megabytes.append(round(process.ask("wait")["rss_kb"] / 1024, 1))
        seconds.append(round(time.perf_counter() - began, 1))
    reading = {**spread(pages), "slowest": round(max(pages), 1)}
    return {"rss_mb_before": round(before, 1), "rss_mb": megabytes, "snapshot_s": seconds, "while_reading_ms": reading}


@contextmanager
def _console(folder: Path, facts: dict[str, Any], interrupts: Interrupts) -> Iterator[tuple[WorkerProcess, Browser]]:
    file = folder / "url"
    command = [sys.executable, "-m", "benchmarks.console_child", facts["stack"], facts["endpoint_url"], str(file)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with started("the console", command, environment, interrupts) as process:
        process.ask("wait")  # it has started, and written its file
        url = file.read_text("utf-8").strip()
        with closing(HTTPConnection(urlsplit(url).netloc, timeout=60)) as connection:
            yield process, Browser(connection, url)


def _shown(path: str) -> str:
    """Return a path without the IDs of this run."""
    return re.sub(r"^/(events|plans)/.+", r"/\1/ID", path)
