"""Format the throughput through the emulator, and the commands of operators on it, as tables."""

from collections.abc import Iterator
from typing import Final

from rich.table import Table

from benchmarks.report_cells import BenchReport, median_text, short_text, titled_table

_DECADE: Final = {
    "ms_per_event": "ms each",
    "own_cpu_ms": "CPU ms each",
    "emulator_cpu_ms": "the emulator's",
    "functions_mb": "RSS MB: functions",
    "run_mb": "run",
    "emulator_mb": "emulator",
}

_FEW_CALLS: Final = 5


def emulator_tables(report: BenchReport) -> Iterator[Table]:
    """Yield the tables of those two parts that were measured."""
    if "throughput" in report:
        yield from _throughput(report["throughput"])
    if "operators" in report:
        yield _operators(report["operators"])


def _throughput(part: BenchReport) -> Iterator[Table]:
    rates = ([row, median_text(rate), median_text(part["shares"].get(row))] for row, rate in part["rates"].items())
    title = f"Throughput through the emulator, {part['events']:,} events"
    yield titled_table(title, ["", "events per second", "run ÷ this row"], rates)
    rows = (
        [row, f"{decade['events']:,}", *(short_text(decade[name]) for name in _DECADE)]
        for row, decades in part["decades"].items()
        for decade in decades
    )
    yield titled_table("Throughput by the number of events", ["", "events", *_DECADE.values()], rows)


def _operators(part: BenchReport) -> Table:
    rows = (
        [
            command,
            f"{int(count):,}",
            *(short_text(found[name]) for name in ("seconds", "cpu_s", "peak_mb")),
            f"{sum(found['calls'].values()):,}",
            f"{found['usd']:.5f}",
            ", ".join(f"{name} {number:,}" for name, number in found["calls"].items() if number > _FEW_CALLS),
        ]
        for command in next(iter(part["commands"].values()))
        for count, of_count in part["commands"].items()
        for found in [of_count[command]]
    )
    headings = ["", "dead letters", "s", "CPU s", "peak MB", "calls", "USD", "which calls"]
    return titled_table("Commands of operators", headings, rows)
