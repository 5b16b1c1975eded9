"""How the progress of long work is shown: a bar or status on a terminal, one line elsewhere."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from rich.console import Console

from scripts.cli.progress import (
    ConsoleProgress,
    CountProgress,
    live_progress,
    log_progress,
    wait_progress,
)
from tests.ingest.clocks import FakeClock


def console_on(*, is_terminal: bool) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, force_terminal=is_terminal, width=100, highlight=False), out


def scan(console: Console) -> AbstractContextManager[CountProgress]:
    return ConsoleProgress(console).scan()


def file(console: Console) -> AbstractContextManager[CountProgress]:
    return ConsoleProgress(console).file(Path("f.jsonl"))


def redrive(console: Console) -> AbstractContextManager[CountProgress]:
    return ConsoleProgress(console).redrive()


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize(
    ("bar", "reports", "on_terminal", "elsewhere"),
    [
        (scan, [(0, 5_000), (4_987, 5_000)], "4,987 of about 5,000", "reading about 5,000 dead letters\n"),
        (
            file,
            [(0, 5_000_000)],
            "0.0/5.0 MB",
            "reading f.jsonl\n",
        ),
        (
            lambda console: wait_progress(console, "it is ready"),
            [(0, 310), (100, 310)],
            "210 s left",
            "waiting 310 s until it is ready\n",
        ),
        (
            redrive,
            [(0, 1_200), (1, 1_200)],
            "1 of 1,200",
            "executions to redrive: 1,200\n",
        ),
    ],
)
def test_counts_are_a_bar_or_one_line(
    bar: Callable[[Console], AbstractContextManager[CountProgress]],
    reports: list[tuple[int, int]],
    on_terminal: str,
    elsewhere: str,
    is_terminal: bool,
) -> None:
    """A terminal shows each report; a file or a job's log gets one line and no more."""
    console, out = console_on(is_terminal=is_terminal)
    with bar(console) as progress:
        for report in reports:
            progress(*report)
    assert (on_terminal in out.getvalue()) is is_terminal
    assert is_terminal or out.getvalue() == elsewhere


def test_an_estimate_that_was_too_low_grows() -> None:
    """A bar never shows more done than there is."""
    console, out = console_on(is_terminal=True)
    with scan(console) as progress:
        progress(7, 5)
    assert "7 of about 7" in out.getvalue()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_logs_show_group_and_time(is_terminal: bool) -> None:
    """A terminal shows lines and time of each group; a file gets one line for each group."""
    console, out = console_on(is_terminal=is_terminal)
    with log_progress(console) as progress:
        progress("the-log", 0, 0)
        progress("the-log", 12_000, 1_795_521_600_000)
    assert ("the-log: 12,000 lines, up to 2026-11-24T12:00:00.000Z" in out.getvalue()) is is_terminal
    assert is_terminal or out.getvalue() == "reading the-log\n"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_steps_show_their_counts(is_terminal: bool) -> None:
    """A terminal shows the count as it grows; a file gets one line for each step."""
    console, out = console_on(is_terminal=is_terminal)
    with ConsoleProgress(console).find() as progress:
        progress("the executions of pod", 0)
        progress("the executions of pod", 1_200)
    assert ("the executions of pod: 1,200" in out.getvalue()) is is_terminal
    assert is_terminal or out.getvalue() == "reading the executions of pod\n"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_current_text_is_shown(is_terminal: bool) -> None:
    """On a terminal at once; in a log for each new step and every ten seconds, and no more."""
    out, clock = io.StringIO(), FakeClock()
    console = Console(file=out, force_terminal=is_terminal, width=100, highlight=False)
    with live_progress(console, 10, 10, clock) as progress:
        progress("", "nothing yet", 0)
        for done in range(4):
            clock.pass_(6)
            progress("", f"{done} sent", done)
        progress("end", "waiting for the end", 4)
    assert "waiting for the end" in out.getvalue()
    assert is_terminal or out.getvalue() == "1 sent\n3 sent\nwaiting for the end\n"
