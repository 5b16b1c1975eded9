"""The command `bench`: prepare, measure the selected parts, clean up, and print tables or write files."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import typer
from rich.console import Console

from benchmarks import (
    console_part,
    drain_part,
    measured_python,
    notification_part,
    operators_part,
    parts,
    processor_part,
    share_part,
    throughput_part,
    transform_part,
)
from benchmarks.bench_options import (
    BeforeOption,
    BenchOptions,
    BenchPart,
    ChartOption,
    LargeOption,
    OnlyOption,
    PeerOption,
    PythonOption,
    RoundsOption,
)
from benchmarks.cold import Step, cold
from benchmarks.goals import judged
from benchmarks.report_views import cold_chart, tables
from benchmarks.rows import Bench, BenchRow, check_name, lazy, rows
from benchmarks.stub import Stub
from benchmarks.workspace import prepare
from scripts.cli.exit_codes import ConfigurationError, FailedError, StoppedError
from scripts.cli.options import Output, OutputOption
from scripts.cli.plural import plural
from scripts.cli.progress import live_progress
from scripts.cli.signals import Interrupts

_WIDTH: Final = 150
# Printing takes CPU time.
_LINE_EVERY_SECONDS: Final = 5.0
# A round of these takes half a minute.
_SHARE_ROUNDS: Final = 2


def run_bench(options: BenchOptions, step: Step) -> dict[str, Any]:
    """Run the benchmark and return its report as JSON values. Raise ConfigurationError, FailedError or StoppedError."""
    began = time.monotonic()
    for peer in options.peers:
        check_name(peer)
    with ExitStack() as exits:
        interrupts = exits.enter_context(Interrupts())
        try:
            folder = Path(exits.enter_context(TemporaryDirectory(prefix="alma-webhooks-bench-")))
            step("preparing")
            python = measured_python.find(options.python, step)
            stub = exits.enter_context(Stub())
            place = prepare(folder, python, stub.authority, options.before)
            here = Bench(python, place, stub.port, interrupts)
            report: dict[str, Any] = {"machine": python.facts | {"ingest_zip_bytes": place.zip_bytes}}
            report |= _measured(options, here, stub, step)
        except KeyboardInterrupt:
            raise StoppedError("Stopped before the benchmark was complete; nothing was saved.") from None
    return report | {"goals": judged(report), "seconds": round(time.monotonic() - began, 1)}


def _measured(options: BenchOptions, here: Bench, stub: Stub, step: Step) -> dict[str, Any]:
    listeners = rows(here, options.peers)
    _check_peers(here, listeners[-len(options.peers) :] if options.peers else [])
    shares = min(_SHARE_ROUNDS, options.rounds)
    measures: dict[BenchPart, Callable[[], Any]] = {
        BenchPart.ingest: lambda: parts.listeners(here, listeners, options.rounds, step),
        BenchPart.shares: lambda: share_part.measure(here, share_part.find_root(), listeners, lazy(here), shares, step),
        BenchPart.reconnects: lambda: parts.reconnects(here, stub, listeners, options.rounds, step),
        BenchPart.processor: lambda: processor_part.measure(here, stub, options.rounds, step),
        BenchPart.notifications: lambda: notification_part.measure(here, options.rounds, step),
        BenchPart.console: lambda: console_part.measure(here.interrupts, options.dead_letters, options.rounds, step),
        BenchPart.drain: lambda: drain_part.measure(here.interrupts, options.drained, step),
        BenchPart.throughput: lambda: throughput_part.measure(here.interrupts, options.throughput, step),
        BenchPart.operators: lambda: operators_part.measure(here.interrupts, options.operators, step),
        BenchPart.growth: lambda: parts.growth(here, options.growth, step),
        BenchPart.transform: lambda: transform_part.measure(here.interrupts, options.records, step),
    }
    return {part.value: measure() for part, measure in measures.items() if part in options.parts}


def _check_peers(here: Bench, peers: Sequence[BenchRow]) -> None:
    """Raise ConfigurationError for the first peer that does not respond, before anything is measured."""
    for peer in peers:
        try:
            cold(here, peer, here.request(peer))
        except FailedError as error:
            raise ConfigurationError(f"--peer {peer.name} cannot be measured: {error}") from None


def bench(
    rounds: RoundsOption = 20,
    only: OnlyOption = None,
    peer: PeerOption = None,
    before: BeforeOption = None,
    python: PythonOption = None,
    large: LargeOption = False,  # noqa: FBT002 -- a flag
    chart: ChartOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Measure ingest, the other functions and alternatives locally, against a stub of AWS. Takes about twenty minutes.

    A missed goal is shown, and is not a failure. See docs/performance.md for how to read the tables.
    """
    selected = frozenset(only or BenchPart)
    _check_flags(selected, before, chart)
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    with live_progress(console, _LINE_EVERY_SECONDS) as progress:
        options = BenchOptions(rounds, selected, tuple(peer or ()), python, before=before)
        options = options.enlarged() if large else options
        report = run_bench(options, lambda text: progress(text.partition(",")[0], text, 0))
    if chart:
        _write(chart, cold_chart(report))
    if output is Output.json:
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False, markup=False, emoji=False)
        if not console.is_terminal:
            console.width = _WIDTH
        show(report, console)


def _check_flags(selected: frozenset[BenchPart], before: str | None, chart: Path | None) -> None:
    """Raise ConfigurationError for a flag without its part, and for a chart without a folder."""
    for flag, given, part in (("before", before, BenchPart.processor), ("chart", chart, BenchPart.ingest)):
        if given and part not in selected:
            raise ConfigurationError(f"--{flag} needs the part {part}: omit --only, or add --only {part}.")
    if chart and not chart.parent.is_dir():
        raise ConfigurationError(f"--chart {chart}: folder {chart.parent} not found.")


def show(report: dict[str, Any], console: Console) -> None:
    """Print the tables of a report."""
    machine = report["machine"]
    console.print(
        f"Python {machine['python']}, {machine['machine']}, {machine['system']}, {plural(machine['cores'], 'core')} "
        f"({machine['processor']}), load {machine['load']} at the start; {report['seconds']} s.\n"
        "Medians, ± half of what lies between the quartiles (of fewer than four values, between the least and the "
        "largest); ratios are taken within a round."
    )
    for table in tables(report):
        console.print()
        console.print(table)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--chart {path} cannot be written: {error.strerror}.") from None
