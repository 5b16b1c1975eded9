"""Shows how far the reading of logs has come: a status on a terminal, else a line a log. Reads nothing itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from scripts.moments import rfc3339_of
from scripts.operate.log_pages import Progress
from scripts.plural import plural


@contextmanager
def reading(console: Console) -> Iterator[Progress]:
    """Shows it by what it is told."""
    if console.is_terminal:
        with console.status("reading") as status:
            yield lambda group, count, last: status.update(
                f"reading {group}: {plural(count, 'line')}" + (f", up to {rfc3339_of(last)}" if last else "")
            )
        return
    told: set[str] = set()

    def tell_once(group: str, _count: int, _last: int) -> None:
        if group not in told:
            console.print(f"reading {group}")
        told.add(group)

    yield tell_once
