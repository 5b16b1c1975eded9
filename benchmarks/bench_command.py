"""The command `bench`: flags, progress, tables and files."""

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from benchmarks.bench import BenchOptions, BenchPart
from benchmarks.bench import bench as run_bench
from benchmarks.chart import chart as drawn
from benchmarks.tables import tables
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import Output, OutputOption
from scripts.cli.plural import plural
from scripts.cli.progress import live_progress

RoundsOption = Annotated[int, typer.Option(min=1, max=1000, help="Rounds of every row, not counting a warm-up round.")]
OnlyOption = Annotated[list[BenchPart] | None, typer.Option(help="Measure this part only; repeatable.")]
PeerOption = Annotated[
    list[str] | None,
    typer.Option(metavar="MODULE:FUNCTION", help="Another handler of (event, context) to measure; repeatable."),
]
PythonOption = Annotated[
    Path | None, typer.Option(help="The Python to measure; default: Lambda's version, else this one.")
]
ChartOption = Annotated[
    Path | None, typer.Option(metavar="FILE.svg", help="Write a chart of the cold starts to this file.", dir_okay=False)
]

_WIDTH: Final = 150
# Printing takes CPU time.
_LINE_EVERY_SECONDS: Final = 5.0


def bench(
    rounds: RoundsOption = 20,
    only: OnlyOption = None,
    peer: PeerOption = None,
    python: PythonOption = None,
    chart: ChartOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Measure ingest and the processor and alternatives locally, against a stub of AWS. Takes about two minutes.

    A missed goal is shown, and is not a failure. See docs/performance.md for how to read the tables.
    """
    parts = frozenset(only or BenchPart)
    if chart and BenchPart.ingest not in parts:
        raise ConfigurationError("--chart needs the part ingest: omit --only, or add --only ingest.")
    if chart and not chart.parent.is_dir():
        raise ConfigurationError(f"--chart {chart}: folder {chart.parent} not found.")
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    with live_progress(console, _LINE_EVERY_SECONDS) as progress:
        options = BenchOptions(rounds, parts, tuple(peer or ()), python)
        report = run_bench(options, lambda text: progress(text.partition(",")[0], text, 0))
    if chart:
        _write(chart, drawn(report))
    if output is Output.json:
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False, markup=False, emoji=False)
        if not console.is_terminal:
            console.width = _WIDTH
        show(report, console)


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
