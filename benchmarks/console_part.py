"""Measure the pages of the console with many dead letters, and its memory over repeated snapshots."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.cold import Step
from benchmarks.emulator_run import ROOT, emulator_run, put_dead_letters
from benchmarks.processes import WorkerProcess, started
from benchmarks.spread import spread
from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts
from scripts.console.page import NAVIGATION

MOST_DEAD_LETTERS: Final = 5_000

_SNAPSHOTS: Final = 6
_FILTERED: Final = "/dead-letters?event=LOAN_RETURNED&cause=refused"


class Browser:
    """A client of the console on one kept connection, signed in by the URL in a file."""

    def __init__(self, connection: HTTPConnection, url: str) -> None:
        self._connection = connection
        place = urlsplit(url)
        connection.request("GET", f"{place.path}?{place.query}")
        response = connection.getresponse()
        response.read()
        self._cookie = response.getheader("Set-Cookie", "").partition(";")[0]

    def milliseconds(self, path: str) -> float:
        """Return how long a page takes, from the request to its last byte. Raise FailedError unless it is 200."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers={"Cookie": self._cookie})
        response = self._connection.getresponse()
        response.read()
        took = (time.perf_counter() - began) * 1000
        if response.status != 200:
            raise FailedError(f"The page {path} was answered with {response.status}.")
        return took


def measure(interrupts: Interrupts, dead_letters: int, rounds: int, step: Step) -> dict[str, Any]:
    """Return times and memory as JSON values. Raise FailedError if a page is not answered with 200."""
    with TemporaryDirectory(prefix="alma-webhooks-bench-") as name, emulator_run(Path(name), interrupts) as facts:
        step(f"console: putting {dead_letters} dead letters")
        ids = put_dead_letters(facts, dead_letters)
        with _console(Path(name), facts, interrupts) as (process, browser):
            paths = [*(item.path for item in NAVIGATION), _FILTERED, f"/events/{ids[0]}"]
            memory = _memory(process, browser, paths, step)
            times: dict[str, list[float]] = {path: [] for path in paths}
            for number in range(rounds + 1):
                step(f"console: pages, round {number} of {rounds}")
                for path in paths:
                    times[path].append(browser.milliseconds(path))
    pages = {_shown(path): {**spread(taken[1:]), "slowest": round(max(taken[1:]), 1)} for path, taken in times.items()}
    return {"dead_letters": dead_letters, "pages_ms": pages, **memory}


def _memory(process: WorkerProcess, browser: Browser, paths: list[str], step: Step) -> dict[str, Any]:
    """Read every snapshot some times, and return the resident memory after each time, and the first one's duration."""
    before, megabytes, seconds = process.ask("wait")["rss_kb"] / 1024, list[float](), list[float]()
    for number in range(1, _SNAPSHOTS + 1):
        step(f"console: snapshot {number} of {_SNAPSHOTS}")
        process.ask("later")
        began = time.perf_counter()
        for path in paths:
            browser.milliseconds(path)
        megabytes.append(round(process.ask("wait")["rss_kb"] / 1024, 1))
        seconds.append(round(time.perf_counter() - began, 1))
    return {"rss_mb_before": round(before, 1), "rss_mb": megabytes, "snapshot_s": seconds}


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
    return "/events/ID" if path.startswith("/events/") else path
