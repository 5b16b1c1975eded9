"""Shows how far the finding and redriving of executions has come: on a terminal, else a line each. Does neither."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from scripts.operate.executions import finding, redriving


@contextmanager
def finding_shown(console: Console) -> Iterator[finding.Progress]:
    """Shows it by what it is told."""
    if console.is_terminal:
        with console.status("reading") as status:
            yield lambda what, count: status.update(f"reading {what}: {count:,}")
        return

    def tell_first(what: str, count: int) -> None:
        if not count:
            console.print(f"reading {what}")

    yield tell_first


@contextmanager
def redriving_shown(console: Console) -> Iterator[redriving.Progress]:
    """Shows it by what it is told."""
    if console.is_terminal:
        columns = (TextColumn("redriving"), BarColumn(), TextColumn("{task.completed:,.0f} of {task.total:,.0f}"))
        with Bar(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=0)
            yield lambda done, count: bar.update(task, completed=done, total=count)
        return

    def tell_first(done: int, count: int) -> None:
        if not done:
            console.print(f"executions to redrive: {count:,}")

    yield tell_first
