"""Show a person how `run` goes on: the samples, the webhook URL, what to try, and each event that is processed."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from shlex import join, quote
from typing import Any, Final

import typer
from rich.text import Text

from scripts.aws.logged_event import failure_text, shown_outcome
from scripts.cli.options import Output
from scripts.cli.output import notice, print_result, width_of
from scripts.cli.tables import Column, table
from scripts.cli.terminal import escape
from scripts.local.receiver.inbox import ReceivedMessage
from scripts.local.run_console import RunConsole
from scripts.local.trial import SampleResult

_COLUMNS: Final = (
    Column("SAMPLE"),
    Column("FORMAT", 1),
    Column("OUTCOME"),
    Column("ROUTE", 2),
    Column("TARGET"),
    Column("MS", is_number=True),
)
_MS: Final = (
    "MS: milliseconds from the POST until the event was seen at its target, byte for byte (ignored events: until its "
    "outcome was logged)"
)
_COLD: Final = "*: a function started meanwhile (cold start of the emulator)"
_PROGRAM: Final = "alma-webhooks"
_SIGN_IN: Final = "Console; this URL works once:"
_TIME: Final = "%H:%M:%S"


class RunDisplay:
    """Prints for people to stdout, and the ready line for programs; with `--output json` the latter alone."""

    def __init__(self, output: Output) -> None:
        self._is_json = output is Output.json

    def rows(self, rows: Sequence[SampleResult]) -> None:
        """Print the table of the samples. On a narrow terminal it leaves out columns."""
        width = width_of(sys.stderr if self._is_json else sys.stdout)
        lines = table(_COLUMNS, [_cells(row) for row in rows], width).lines
        wrong = {line for row, line in zip(rows, lines[1:], strict=True) if row.wrong}
        legend = [_MS, _COLD] if any(row.met_cold_start for row in rows) else [_MS]
        failures = [
            f"FAILED: {row.sample} ({row.receipt_id or 'no receipt id'}): {row.wrong}" for row in rows if row.wrong
        ]
        self._print([*lines, *legend, *failures], lambda line: Text(line, "red" if line in wrong else ""))

    def ready(self, facts: Mapping[str, Any], sample: str, console: RunConsole | None = None) -> None:
        """Print the ready line if a program reads it; to a person the webhook URL and what to try with the sample.

        The address to sign in to the console has a token: only a terminal gets it, if need be that of standard error.
        """
        if self._is_json or width_of(sys.stdout) is None:  # a file or a pipe
            typer.echo("ready " + json.dumps({**facts, **({"console_url": console.url} if console else {})}))
            if console and sys.stderr.isatty():
                notice(f"{_SIGN_IN} {console.sign_in_url}")
        else:
            self._print(["", "Webhook URL:", f"  {quote(facts['webhook_url'])}"])
            if "receiver_url" in facts:
                self._print(["Page of the notifications:", f"  {facts['receiver_url']}"])
            if console:
                self._print([_SIGN_IN, f"  {console.sign_in_url}"])
            if sample:
                self._print(["Try in another terminal:", *(f"  {each}" for each in to_try(facts, sample, program()))])

    def event(self, line: Mapping[str, Any]) -> None:
        """Print one processed event from its line in the log of the processor."""
        event = line.get("event") or line.get("action") or "event"
        deliveries = [
            f"{d['route']} → {d['target']} ({shown_outcome([d['target']], d.get('outcome', 'failed'))})"
            for d in line.get("deliveries", [])
        ]
        outcome = shown_outcome([d["target"] for d in line.get("deliveries", [])], line.get("outcome", ""))
        outcome = outcome or f"failed, will be retried in {line.get('seconds_away', 'some')} s"
        if reason := failure_text(line.get("failure")):
            outcome += f": {reason}"
        way = f"  {', '.join(deliveries)}" if deliveries else ""
        self._print([escape(f"{_now()}  {event}  {outcome}{way}  receipt {line['receipt_id']}")])

    def dead_letters(self, count: int, of: str = "") -> None:
        """Print the number of dead letters: those of events, or `of` something else."""
        self._print([f"{_now()}  dead letters{of}: {count}"])

    def message(self, message: ReceivedMessage) -> None:
        """Print one notification as its service got it."""
        text = f"{message.subject}: {message.text}" if message.subject else message.text
        answer = "" if message.status // 100 == 2 else f" (answered {message.status})"
        time = message.at.astimezone().strftime(_TIME)
        self._print([escape(f"{time}  {message.service} to {message.to}{answer}: {text}")])

    def _print(self, lines: Sequence[str], style: Callable[[str], Text] = Text) -> None:
        if self._is_json:
            for line in lines:
                notice(line)
        else:
            print_result(Output.text, None, lines, style)
            sys.stdout.flush()


def to_try(facts: Mapping[str, Any], sample: str, program: str) -> Iterator[str]:
    """Yield three commands for a person, to paste into a shell: send the sample, explain it, list dead letters."""
    commands = (
        ("send", sample, facts["webhook_url"]),
        ("routes", "explain", sample),
        ("dead-letters", "list", "--endpoint-url", facts["endpoint_url"]),
    )
    yield from (f"{program} {join(words)}" for words in commands)


def program() -> str:
    """Return how a shell finds this program: by its name if it is on the PATH, else by its path."""
    called = Path(sys.argv[0])
    found = shutil.which(_PROGRAM)
    if called.name != _PROGRAM or (found and Path(found).resolve() == called.resolve()):
        return _PROGRAM
    path = called.resolve()
    return quote(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))


def _cells(row: SampleResult) -> tuple[str, ...]:
    milliseconds = "-" if row.milliseconds is None else f"{row.milliseconds}{'*' if row.met_cold_start else ' '}"
    targets = ", ".join(target.removeprefix("topic:") for target in row.target.split(", "))
    outcome = shown_outcome(row.target.split(", "), row.outcome)
    return (row.sample, row.format, outcome, row.route or "-", targets or "-", milliseconds)


def _now() -> str:
    return datetime.now().astimezone().strftime(_TIME)
