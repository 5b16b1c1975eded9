"""Print the output of `run`: progress on stderr, results on stdout, plain lines if stdout is not a terminal."""

import json
import sys
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from scripts.cli.terminal import escape
from scripts.local.trial import SampleResult

_HEADINGS: Final = ("EVENT", "ROUTE", "TARGET", "OUTCOME", "MS")
_EXPLANATION: Final = (
    "MS: milliseconds from the POST until the event was seen at its target, byte for byte (ignored events: until its "
    "outcome was logged)"
)


class RunOutput:
    """Prints everything that `run` shows."""

    def __init__(self) -> None:
        self._out = Console(soft_wrap=True, highlight=False, markup=False)
        self._err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)

    def progress(self, text: str) -> None:
        """Print a step of the start or the stop."""
        self._err.print(text)

    def rows(self, rows: list[SampleResult]) -> None:
        """Print the table of the samples."""
        if self._out.is_terminal:
            self._out.print(_table(rows))
        else:
            cells = [_HEADINGS, *(_cells(row) for row in rows)]
            widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADINGS))]
            for line in cells:
                _line("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        self._out.print(_EXPLANATION)
        for row in rows:
            if row.wrong:
                self._out.print(f"FAILED: {row.event} ({row.receipt_id or 'no receipt id'}): {row.wrong}")

    def ready(self, facts: dict[str, Any]) -> None:
        """Print the line that programs read, without Rich, which might wrap or color it."""
        _line("ready " + json.dumps(facts))

    def event(self, line: dict[str, Any]) -> None:
        """Print one processed event from its line in the log of the processor."""
        event = line.get("event") or line.get("action") or "event"
        deliveries = [
            f"{d['route']} → {d['target']} ({d.get('outcome', 'failed')})" for d in line.get("deliveries", [])
        ]
        outcome = line.get("outcome", f"failed, will be retried in {line.get('seconds_away', 'some')} s")
        if reason := line.get("failure", {}).get("reason"):
            outcome += f": {reason}"
        way = f"  {', '.join(deliveries)}" if deliveries else ""
        self._out.print(escape(f"{_now()}  {event}  {outcome}{way}  receipt {line['receipt_id']}"))

    def dead_letters(self, count: int) -> None:
        """Print the number of dead letters."""
        self._out.print(f"{_now()}  dead letters: {count}")


def _table(rows: list[SampleResult]) -> Table:
    table = Table(*_HEADINGS[:-1], box=None, pad_edge=False)
    table.add_column(_HEADINGS[-1], justify="right")
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*_cells(row), style="red" if row.wrong else None)
    return table


def _cells(row: SampleResult) -> tuple[str, ...]:
    milliseconds = "-" if row.milliseconds is None else str(row.milliseconds)
    return (row.event, row.route or "-", row.target or "-", row.outcome, milliseconds)


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _now() -> str:
    return datetime.now().astimezone().strftime("%H:%M:%S")
