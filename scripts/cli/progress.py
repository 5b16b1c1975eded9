"""Show the progress of long work: a bar or status on a terminal, otherwise plain lines.

Each method or function yields a callback that the work calls to report its progress.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn

from scripts.cli.plural import plural
from scripts.cli.times import rfc3339_of

CountProgress = Callable[[int, int], None]
"""Takes how many are done, and the total, which may be an estimate."""

WaitProgress = Callable[[float, float], None]
"""Takes the seconds waited, and the total."""

StepProgress = Callable[[str, int], None]
"""Takes what is being read, and how many were found so far."""

LogProgress = Callable[[str, int, int], None]
"""Takes a log group, how many lines were read, and the time of the last one in milliseconds since 1970 (0: none)."""

LiveProgress = Callable[[str, str, float], None]
"""Takes the current step, the text to show, and how many are done."""

_OF_TOTAL: Final = TextColumn("{task.completed:,.0f} of {task.total:,.0f}")
_OF_ABOUT: Final = TextColumn("{task.completed:,.0f} of about {task.total:,.0f}")
_REMAINING: Final = TextColumn("{task.remaining:.0f} s left")


class ProgressDisplay:
    """Where a service reports its progress. This class shows nothing; all its callbacks are `count` and `step`."""

    def count(self, done: int, total: int) -> None:
        """Take how many are done, of about how many."""

    def step(self, what: str, count: int) -> None:
        """Take what is being read, and how many were found so far."""

    def scan(self) -> AbstractContextManager[CountProgress]:
        """Show a pass over dead letters, whose total is an estimate."""
        return nullcontext(self.count)

    def file(self, _path: Path) -> AbstractContextManager[CountProgress]:
        """Show how many of a file's bytes were read."""
        return nullcontext(self.count)

    def find(self) -> AbstractContextManager[StepProgress]:
        """Show what is being read, and how many were found."""
        return nullcontext(self.step)

    def redrive(self) -> AbstractContextManager[CountProgress]:
        """Show how many executions were redriven."""
        return nullcontext(self.count)

    def note(self, line: str) -> None:
        """Show a line beside the progress."""


class ConsoleProgress(ProgressDisplay):
    """Shows the progress on a console."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def scan(self) -> Iterator[CountProgress]:
        """Show "3 of about 12"."""
        with _bar(self._console, "reading dead letters", _OF_ABOUT) as progress:
            yield progress or _once(lambda _, total: self._print(f"reading about {plural(int(total), 'dead letter')}"))

    @contextmanager
    def file(self, path: Path) -> Iterator[CountProgress]:
        """Show "1.2/3.4 MB"."""
        with _bar(self._console, "reading", DownloadColumn()) as progress:
            if not progress:
                self._print(f"reading {path}")
            yield progress or self.count

    @contextmanager
    def find(self) -> Iterator[StepProgress]:
        """Show "reading the executions of pod: 12"."""
        with _status(self._console) as show:
            yield lambda what, count: show(what, f"{count:,}")

    @contextmanager
    def redrive(self) -> Iterator[CountProgress]:
        """Show "3 of 12"."""
        with _bar(self._console, "redriving", _OF_TOTAL) as progress:
            yield progress or _once(lambda _, total: self._print(f"executions to redrive: {total:,.0f}"))

    def note(self, line: str) -> None:
        """Print the line, above a bar."""
        self._print(line)

    def _print(self, line: str) -> None:
        self._console.print(line)


@contextmanager
def wait_progress(console: Console, until: str) -> Iterator[WaitProgress]:
    """Show how many seconds of a wait remain."""
    with _bar(console, f"waiting until {until}", _REMAINING) as progress:
        yield progress or _once(lambda done, total: console.print(f"waiting {total - done:.0f} s until {until}"))


@contextmanager
def log_progress(console: Console) -> Iterator[LogProgress]:
    """Show which log group is being read, and up to which time."""
    with _status(console) as show:
        yield lambda group, count, last: show(
            group, plural(count, "line") + (f", up to {rfc3339_of(last)}" if last else "")
        )


@contextmanager
def live_progress(
    console: Console, every_seconds: float, total: float | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[LiveProgress]:
    """Show the current text beside a bar; without a terminal, print it for each new step and every few seconds."""
    if console.is_terminal:
        columns = (BarColumn(20), TimeElapsedColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=console, transient=True, refresh_per_second=2) as bar:
            task = bar.add_task("", total=total)
            yield lambda _, text, done: bar.update(task, description=text, completed=done)
        return
    last, printed_at = "", clock()

    def print_seldom(step: str, text: str, _done: float) -> None:
        nonlocal last, printed_at
        if step != last or clock() - printed_at >= every_seconds:
            last, printed_at = step, clock()
            console.print(text)

    yield print_seldom


@contextmanager
def _bar(console: Console, label: str, column: ProgressColumn) -> Iterator[WaitProgress | None]:
    """Yield a callback that moves a bar, or None where there is no terminal."""
    if not console.is_terminal:
        yield None
        return
    with Progress(TextColumn(label), BarColumn(), column, console=console, transient=True) as bar:
        task = bar.add_task("", total=0)
        yield lambda done, total: bar.update(task, completed=done, total=max(done, total))


@contextmanager
def _status(console: Console) -> Iterator[Callable[[str, str], None]]:
    """Yield a callback that takes what is being read and how far, and prints each thing once without a terminal."""
    if console.is_terminal:
        with console.status("reading") as status:
            yield lambda what, detail: status.update(f"reading {what}: {detail}")
        return
    printed: set[str] = set()

    def print_once(what: str, _detail: str) -> None:
        if what not in printed:
            console.print(f"reading {what}")
        printed.add(what)

    yield print_once


def _once(show: WaitProgress) -> WaitProgress:
    """Return a callback that shows the first report only."""
    is_shown = False

    def show_first(done: float, total: float) -> None:
        nonlocal is_shown
        if not is_shown:
            show(done, total)
        is_shown = True

    return show_first
