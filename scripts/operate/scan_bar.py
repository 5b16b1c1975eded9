"""Shows how far a pass over the dead letters has come: a bar on a terminal, else one line. Reads none itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from scripts.operate.dead_letters.scan import Progress
from scripts.plural import plural


@contextmanager
def scan_bar(console: Console) -> Iterator[Progress]:
    """Shows a pass by what it tells."""
    if console.is_terminal:
        columns = (
            TextColumn("reading dead letters"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of about {task.total:,.0f}"),
        )
        with Bar(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=0)
            yield lambda seen, about: bar.update(task, completed=seen, total=max(seen, about))
        return
    is_told = False

    def tell_once(_seen: int, about: int) -> None:
        nonlocal is_told
        if not is_told:
            console.print(f"reading about {plural(about, 'dead letter')}")
        is_told = True

    yield tell_once
