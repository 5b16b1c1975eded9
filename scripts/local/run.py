"""Run the whole pipeline on this computer: start it, send samples, serve.

Progress goes to stderr, results to stdout, in plain lines if stdout is not a terminal.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from ingest import heartbeat
from scripts.alma_client import samples
from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.options import Output
from scripts.cli.output import notice, print_result, width_of
from scripts.cli.plural import plural
from scripts.cli.signals import Interrupts
from scripts.cli.tables import Column, table
from scripts.cli.terminal import escape
from scripts.local import pipeline
from scripts.local.observe import OutcomeLog, subscribed
from scripts.local.trial import ProfileEndpoint, SampleResult, Trial

_LOOK_SECONDS: Final = 0.5
_COLUMNS: Final = (Column("EVENT"), Column("ROUTE", 2), Column("TARGET", 1), Column("OUTCOME"), Column("MS"))
_EXPLANATION: Final = (
    "MS: milliseconds from the POST until the event was seen at its target, byte for byte (ignored events: until its "
    "outcome was logged)"
)


def run(planned: pipeline.RunPlan, *, once: bool, with_samples: bool) -> None:
    """Run until Ctrl-C, or once. Raise StoppedError after Ctrl-C, FailedError if a sample failed with `once`."""
    began = time.monotonic()
    is_serving = False
    with Interrupts() as interrupts:
        try:
            with pipeline.up(planned, interrupts, notice) as running:
                notice(f"up after {time.monotonic() - began:.1f} s")
                log = OutcomeLog(running.aws, running.stack.outputs["ProcessorLogGroupName"])
                rows = _try_samples(running, log, interrupts) if with_samples else []
                show_ready(running.facts)
                is_serving = not once
                if is_serving:
                    _serve(running, log)
        except KeyboardInterrupt:
            raise StoppedError("Stopped." if is_serving else "Stopped before the start was complete.") from None
        except (BotoCoreError, ClientError) as error:
            raise FailedError(f"The emulator failed: {error}") from None
    wrong = [row for row in rows if row.wrong]
    if wrong:
        raise FailedError(f"{len(wrong)} of {plural(len(rows), 'sample')} failed; see FAILED above.")


def _try_samples(running: pipeline.Pipeline, log: OutcomeLog, interrupts: Interrupts) -> list[SampleResult]:
    notice("sending one signed sample of each event")
    with subscribed(running.aws, running.stack.topics, interrupts) as subscriptions:
        own = {heartbeat.PROFILE: ProfileEndpoint(*running.heartbeat)}
        trial = Trial(running.aws, subscriptions, log, running.url, running.secret, own)
        rows = trial.strays(list(trial.rows(samples.load_all())))
    show_rows(rows)
    return rows


def _serve(running: pipeline.Pipeline, log: OutcomeLog) -> None:
    """Show events and dead letters until interrupted."""
    notice("serving; stop with Ctrl-C")
    known = 0
    while True:
        for line in log.read():
            show_event(line)
        count = running.dead_letters()
        if count != known:
            show_dead_letters(count)
        known = count
        time.sleep(_LOOK_SECONDS)


def show_rows(rows: list[SampleResult]) -> None:
    """Print the table of the samples, without the columns that do not fit a terminal."""
    lines = table(_COLUMNS, [_cells(row) for row in rows], width_of(sys.stdout)).lines
    wrong = {line for row, line in zip(rows, lines[1:], strict=True) if row.wrong}
    failures = [f"FAILED: {row.event} ({row.receipt_id or 'no receipt id'}): {row.wrong}" for row in rows if row.wrong]
    _print([*lines, _EXPLANATION, *failures], lambda line: Text(line, "red" if line in wrong else ""))


def show_ready(facts: dict[str, Any]) -> None:
    """Print the line that programs read, whole."""
    typer.echo("ready " + json.dumps(facts))


def show_event(line: dict[str, Any]) -> None:
    """Print one processed event from its line in the log of the processor."""
    event = line.get("event") or line.get("action") or "event"
    deliveries = [f"{d['route']} → {d['target']} ({d.get('outcome', 'failed')})" for d in line.get("deliveries", [])]
    outcome = line.get("outcome", f"failed, will be retried in {line.get('seconds_away', 'some')} s")
    if reason := line.get("failure", {}).get("reason"):
        outcome += f": {reason}"
    way = f"  {', '.join(deliveries)}" if deliveries else ""
    _print([escape(f"{_now()}  {event}  {outcome}{way}  receipt {line['receipt_id']}")])


def show_dead_letters(count: int) -> None:
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
