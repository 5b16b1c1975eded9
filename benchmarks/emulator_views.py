"""Format the parts of a report that were measured on the emulator as tables."""

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
    """Yield the tables of the measured parts."""
    if "console" in report:
        yield from _console(report["console"])
    if "drain" in report:
        yield _drain(report["drain"])
    if "throughput" in report:
        yield from _throughput(report["throughput"])
    if "operators" in report:
        yield _operators(report["operators"])


def _console(part: BenchReport) -> Iterator[Table]:
    rows = [[page, median_text(taken), short_text(taken["slowest"])] for page, taken in part["pages_ms"].items()]
    reading = part["while_reading_ms"]
    rows += [["all of them, while snapshots are read", median_text(reading), short_text(reading["slowest"])]]
    headings = ["", f"ms, {part['dead_letters']} dead letters", "slowest ms"]
    yield titled_table("Pages of the console", headings, rows)
    measured = zip(part["rss_mb"], part["snapshot_s"], strict=True)
    found = ([str(number), short_text(rss), short_text(took)] for number, (rss, took) in enumerate(measured, 1))
    yield titled_table("Console snapshots", ["", "RSS MB afterwards", "s"], found)


def _drain(part: BenchReport) -> Table:
    headings = [f"{part['events']} events", "a run, ms", "emulator, s", "simulated, s", "simulated ÷ emulator"]
    times = (short_text(part[name]) for name in ("emulator_s", "simulated_s", "ratio"))
    row = [f"{part['concurrency']} at the same time", median_text(part["run_ms"]), *times]
    return titled_table("A backlog on the emulator and in the simulation", headings, [row])


def _throughput(part: BenchReport) -> Iterator[Table]:
    rates = ([row, median_text(rate), median_text(part["shares"].get(row))] for row, rate in part["rates"].items())
    title = f"Throughput through the emulator, the last chunks of {part['events']:,} events"
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
