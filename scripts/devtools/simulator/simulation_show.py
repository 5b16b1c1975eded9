"""Show the progress of a simulation on stderr, and format its summary."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from scripts.cli.plural import plural
from scripts.devtools.simulator.simulation_tally import Tally

_LINE_EVERY_SECONDS: Final = 10.0
_MOST_SHOWN: Final = 20

Shown = Callable[[Tally], None]
"""Takes the current counts."""


@contextmanager
def progress(console: Console, events: int, clock: Callable[[], float] = time.monotonic) -> Iterator[Shown]:
    """Yield a callback that shows the counts: as a bar on a terminal, else as a line every ten seconds."""
    if console.is_terminal:
        with Progress(BarColumn(), TextColumn("{task.fields[counts]}"), console=console, transient=True) as bar:
            task = bar.add_task("", total=events, counts="")
            yield lambda tally: bar.update(task, completed=tally.events, counts=_counts(tally))
        return
    printed_at = clock()

    def print_seldom(tally: Tally) -> None:
        nonlocal printed_at
        if clock() - printed_at >= _LINE_EVERY_SECONDS:
            printed_at = clock()
            console.print(_counts(tally))

    yield print_seldom


def _counts(tally: Tally) -> str:
    return (
        f"{tally.sent} sent, {tally.unfinished} in progress or waiting for a retry, {len(tally.unexpected)} unexpected"
    )


def lines(summary: dict[str, Any]) -> list[str]:
    """Return the summary as lines, with the first unexpected results."""
    rate, latency = summary["rate"], summary["latency_ms"]
    pace = f", {rate} per second" if rate else ""
    shown = [
        f"sent         {summary['sent']} in {summary['seconds']} s{pace} (seed {summary['seed']})",
        f"injected     {_named(summary['injected'])}",
        f"accepted     {summary['accepted']}",
        f"rejected     {summary['rejected']}, as expected",
        f"retried      {summary['retried']}",
        f"unanswered   {summary['unanswered']}",
        f"lost         {summary['lost']}",
        f"dropped      {summary['dropped']}",
        f"unexpected   {summary['surprise']}",
        f"unfinished   {summary['unfinished']}",
        f"latency      {_named(latency)} ms" if latency else "latency      -",
    ]
    unexpected = summary["unexpected"]
    shown += [f"UNEXPECTED: {_unexpected(each)}" for each in unexpected[:_MOST_SHOWN]]
    more = len(unexpected) - _MOST_SHOWN
    return [*shown, f"… and {more} more; --output json has them all"] if more > 0 else shown


def _named(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())


def _unexpected(ended: dict[str, Any]) -> str:
    called = f"receipt {ended['receipt_id']}" if ended["receipt_id"] else "no receipt id"
    answer = ended["status"] or "no response"
    tries = f"after {plural(ended['attempts'], 'attempt')}" if ended["attempts"] > 1 else "at the first attempt"
    return f"post {ended['number']}, {ended['event']}: {ended['verdict']}, {answer} {tries}, {called}"
