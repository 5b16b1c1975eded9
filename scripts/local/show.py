"""Print the output of `run`: progress on stderr, results on stdout, plain lines if stdout is not a terminal."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import typer
from rich.text import Text

from scripts.cli.options import Output
from scripts.cli.output import notice, print_result, width_of
from scripts.cli.tables import Column, table
from scripts.cli.terminal import escape
from scripts.local.trial import SampleResult

_COLUMNS: Final = (Column("EVENT"), Column("ROUTE", 2), Column("TARGET", 1), Column("OUTCOME"), Column("MS"))
_EXPLANATION: Final = (
    "MS: milliseconds from the POST until the event was seen at its target, byte for byte (ignored events: until its "
    "outcome was logged)"
)


class RunOutput:
    """Prints everything that `run` shows."""

    def progress(self, text: str) -> None:
        """Print a step of the start or the stop."""
        notice(text)

    def rows(self, rows: list[SampleResult]) -> None:
        """Print the table of the samples, without the columns that do not fit a terminal."""
        lines = table(_COLUMNS, [_cells(row) for row in rows], width_of(sys.stdout)).lines
        wrong = {line for row, line in zip(rows, lines[1:], strict=True) if row.wrong}
        failures = [
            f"FAILED: {row.event} ({row.receipt_id or 'no receipt id'}): {row.wrong}" for row in rows if row.wrong
        ]
        _print([*lines, _EXPLANATION, *failures], lambda line: Text(line, "red" if line in wrong else ""))

    def ready(self, facts: dict[str, Any]) -> None:
        """Print the line that programs read, whole."""
        typer.echo("ready " + json.dumps(facts))

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
        _print([escape(f"{_now()}  {event}  {outcome}{way}  receipt {line['receipt_id']}")])

    def dead_letters(self, count: int) -> None:
        """Print the number of dead letters."""
        _print([f"{_now()}  dead letters: {count}"])


def _print(lines: list[str], style: Callable[[str], Text] = Text) -> None:
    print_result(Output.text, None, lines, style)
    sys.stdout.flush()


def _cells(row: SampleResult) -> tuple[str, ...]:
    milliseconds = "-" if row.milliseconds is None else str(row.milliseconds)
    return (row.event, row.route or "-", row.target or "-", row.outcome, milliseconds)


def _now() -> str:
    return datetime.now().astimezone().strftime("%H:%M:%S")
