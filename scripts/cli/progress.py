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

    def scan(self) -> AbstractContextManager[CountProgress]:
        """Show "3 of about 12"."""

        def line(_: float, total: float) -> str:
            return f"reading about {plural(int(total), 'dead letter')}"

        return _bar(self._console, "reading dead letters", _OF_ABOUT, line)

    def file(self, path: Path) -> AbstractContextManager[CountProgress]:
        """Show "1.2/3.4 MB"."""
        if not self._console.is_terminal:
            self.note(f"reading {path}")  # also if the file cannot be read
        return _bar(self._console, "reading", DownloadColumn())

    @contextmanager
    def find(self) -> Iterator[StepProgress]:
        """Show "reading the executions of pod: 12"."""
        with _status(self._console) as show:
            yield lambda what, count: show(what, f"{count:,}")

    def redrive(self) -> AbstractContextManager[CountProgress]:
        """Show "3 of 12"."""
        return _bar(self._console, "redriving", _OF_TOTAL, lambda _, total: f"executions to redrive: {total:,.0f}")

    def note(self, line: str) -> None:
        """Print the line, above a bar."""
        self._console.print(line)


def wait_progress(console: Console, until: str) -> AbstractContextManager[WaitProgress]:
    """Show how many seconds of a wait remain."""
    label = f"waiting until {until}"
    return _bar(console, label, _REMAINING, lambda done, total: f"waiting {total - done:.0f} s until {until}")


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
def _bar(
    console: Console, label: str, column: ProgressColumn, line: Callable[[float, float], str] | None = None
) -> Iterator[WaitProgress]:
    """Yield a callback that moves a bar; without a terminal it prints the `line` of the first report only."""
    if not console.is_terminal:
        print_once = _printer_of_each(console)
        yield lambda done, total: print_once(label, line(done, total)) if line else None
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
    print_once = _printer_of_each(console)
    yield lambda what, _: print_once(what, f"reading {what}")


def _printer_of_each(console: Console) -> Callable[[str, str], None]:
    """Return a function that takes a thing and a line, and prints the first line of each thing."""
    printed: set[str] = set()

    def print_once(what: str, line: str) -> None:
        if what not in printed:
            console.print(line)
        printed.add(what)

    return print_once
