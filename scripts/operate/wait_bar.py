"""Shows how long a wait still takes: a bar on a terminal, else one line. Waits for nothing itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

Waited = Callable[[float, float], None]
"""Takes the seconds waited, and in all."""


@contextmanager
def wait_bar(console: Console, until: str) -> Iterator[Waited]:
    """Shows a wait until something, by what it is told of it."""
    if console.is_terminal:
        columns = (TextColumn(f"waiting until {until}"), BarColumn(), TextColumn("{task.fields[left]:.0f} s left"))
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", left=0.0)
            yield lambda waited, total: bar.update(task, completed=waited, total=total, left=total - waited)
        return
    is_told = False

    def tell_once(waited: float, total: float) -> None:
        nonlocal is_told
        if not is_told:
            console.print(f"waiting {total - waited:.0f} s until {until}")
        is_told = True

    yield tell_once
