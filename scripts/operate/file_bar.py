"""Shows how much of a file has been read: a bar on a terminal, else one line. Reads none itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn
from rich.progress import Progress as Bar

from scripts.operate.dead_letters.scan import Progress


@contextmanager
def file_bar(console: Console, path: Path) -> Iterator[Progress]:
    """Shows the reading of a file by how many of its bytes were read, of how many."""
    if not console.is_terminal:
        console.print(f"reading {path}")
        yield lambda _read, _size: None
        return
    with Bar(TextColumn("reading"), BarColumn(), DownloadColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=0)
        yield lambda read, size: bar.update(task, completed=read, total=size)
