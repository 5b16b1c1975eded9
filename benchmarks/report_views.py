"""Format a report as tables, and draw its cold starts as a chart."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from rich.table import Table

from benchmarks.bench_events import BODY_SIZES
from benchmarks.emulator_views import emulator_tables
from benchmarks.report_cells import BenchReport, median_text, short_text, titled_table
from benchmarks.rows import BARE, BOTO3, FLOOR, INGEST, RAW
from benchmarks.share_part import ALL, BUDGET_MS, REQUEST, SIZES

# The chart, in pixels.
_TEMPLATE: Final = Path(__file__).with_name("chart.svg.j2")
_WIDTH: Final = 760
_LEFT: Final = 220
_RIGHT: Final = 70
_LINE: Final = 26
_HEAD: Final = 46


def tables(report: BenchReport) -> Iterator[Table | str]:
    """Yield the tables of the measured parts, and the goals last."""
    if "ingest" in report:
        yield _cold("Cold starts of listeners", report["ingest"], (BARE, RAW, BOTO3))
        yield _warm(report["ingest"])
    if "shares" in report:
        shares = report["shares"]
        yield _shares(shares) if shares["available"] else f"Shares of a core: not measured. {shares['why']}"
    if "reconnects" in report:
        states = report["reconnects"]["states"].items()
        rows = ([state, median_text(one["wall_ms"]), median_text(one["cpu_ms"])] for state, one in states)
        yield titled_table("Ingest's next request on a connection", ["", "wall ms", "CPU ms"], rows)
    if "processor" in report:
        yield _cold("Cold starts of processors", report["processor"], (BARE, "boto3, same clients"))
        yield _messages(report["processor"])
    if "notifications" in report:
        yield _cold("Cold starts of the notification functions", report["notifications"], (BARE, "boto3 + json"))
    if "console" in report:
        yield from _console(report["console"])
    for part, view in (("drain", _drain), ("growth", _growth), ("transform", _transform)):
        if part in report:
            yield view(report[part])
    yield from emulator_tables(report)
    rows = (
        [goal["figure"], short_text(goal["at_most"]), short_text(goal["value"]), "met" if goal["is_met"] else "MISSED"]
        for goal in report["goals"]
    )
    if report["goals"]:
        yield titled_table("Goals", ["", "at most", "measured", ""], rows)


def _cold(title: str, part: BenchReport, others: Sequence[str]) -> Table:
    rows = []
    for row, figures in part["cold"].items():
        to = part["cold_ratios"]["cold_ms"].get(row, {}) if row != BARE else {}
        ratios = (to.get(other) for other in others)
        times = (figures["cold_ms"], *ratios, figures.get("handler_ms"), figures["cpu_ms"])
        sizes = (short_text(figures[name]["median"]) for name in ("rss_mb", "modules"))
        rows.append([row, *map(median_text, times), *sizes])
    against = [f"÷ {other}" for other in others]
    return titled_table(title, ["", "cold ms", *against, "request ms", "CPU ms", "RSS MB", "modules"], rows)


def _warm(part: BenchReport) -> Table:
    rows = []
    for row, figures in part["warm"].items():
        cells = [row]
        for size in BODY_SIZES:
            to = part["warm_ratios"][f"{size} cpu"].get(row, {}).get(FLOOR)
            cells += [median_text(figures[f"{size} cpu_us"]), median_text(to)]
            cells.append(short_text(figures[f"{size} wall_us"]["median"]))
        rows.append(cells)
    headings = [heading for size in BODY_SIZES for heading in (f"{size}: CPU µs", f"÷ {FLOOR}", "wall µs")]
    return titled_table("Warm requests", ["", *headings], rows)


def _shares(shares: BenchReport) -> Table:
    found = {(row["row"], row["megabytes"], row["init"]): row for row in shares["rows"]}
    columns = [(megabytes, init) for init in (ALL, REQUEST) for megabytes in SIZES]
    title = "Cold starts with a small Lambda's share of a core, ms; five seconds are all that Alma waits"
    names = dict.fromkeys(row["row"] for row in shares["rows"])
    rows = ([name, *(_budget(found.get((name, *column))) for column in columns)] for name in names)
    return titled_table(title, ["", *(f"{megabytes} MB, {init}" for megabytes, init in columns)], rows)


def _budget(row: BenchReport | None) -> str:
    if row is None:
        return ""
    verdict = "pass" if row["is_within_budget"] else "FAIL"
    failed = [str(status) for status in row["statuses"] if status != 200]
    return f"{median_text(row['total_ms'])} {verdict}{' answered ' + ', '.join(failed) if failed else ''}"


def _messages(part: BenchReport) -> Table:
    before, ratios = part.get("messages_before", {}), part.get("cpu_ratios", {})
    rows = []
    for kind, figures in part["messages"].items():
        calls = figures["calls"]
        which = ", ".join(name if count == 1 else f"{name} {short_text(count)}" for name, count in calls.items())
        times = (figures["cpu_ms"], before.get(kind, {}).get("cpu_ms"), ratios.get(kind), figures["wall_ms"])
        rows.append([kind, short_text(sum(calls.values())), *map(median_text, times), which])
    headings = ["", "calls", "CPU ms", "before", "÷ before", "wall ms", "which calls"]
    return titled_table("The processor's messages", headings, rows)


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
    """The shares of the messages, each with the time until it was processed."""
    title = f"The drain of a soak test: {part['messages']} messages, {part['runs']} runs, {part['retried']} retries"
    runs = f"a run, ms: {median_text(part['run_ms'])}; between two: {short_text(part['between_ms'])}"
    headings = [runs, "soak test, s", "simulated, s", "simulated ÷ soak test"]
    rows = [
        [share, short_text(took), median_text(part["simulated_s"][share]), median_text(part["ratios"][share])]
        for share, took in part["soak_s"].items()
    ]
    return titled_table(title, headings, rows)


def _growth(part: BenchReport) -> Table:
    figures = {"us_per_event": "CPU µs each", "rss_mb": "RSS MB", "bytes_per_event": "bytes each"}
    found = {(kind, row["events"]): row for kind, rows in part.items() for row in rows}
    rows = []
    for events in dict.fromkeys(events for _, events in found):
        measured = (found.get((kind, events), {}) for kind in part)
        cells = (short_text(one[name]) if one else "" for one in measured for name in figures)
        rows.append([str(events), *cells])
    return titled_table("Growth", ["events", *(f"{kind}: {what}" for kind in part for what in figures.values())], rows)


def _transform(part: BenchReport) -> Table:
    figures = ("pymarc_s", "check_s", "transform_s", "ratio", "before_mb", "added_mb")
    headings = ["records", "pymarc alone, CPU s", "check", "transform", "both ÷ pymarc", "RSS MB before", "added"]
    rows = ([f"{row['records']:,}", *(short_text(row[name]) for name in figures)] for row in part["rows"])
    return titled_table("An export, checked and transformed", headings, rows)


def cold_chart(report: BenchReport) -> str:
    """Return the SVG for a report with the part `ingest`."""
    machine = report["machine"]
    title = f"Cold start, ms: process start to first 200 (Python {machine['python']}, {machine['machine']})."
    cold = [(row, figures["cold_ms"]["median"]) for row, figures in report["ingest"]["cold"].items()]
    panels = [_panel(title, 0, cold, "%.0f ms")]
    rows = report.get("shares", {}).get("rows", ())
    slow = [
        (row["row"], row["total_ms"]["median"] / 1000) for row in rows if (row["megabytes"], row["init"]) == (128, ALL)
    ]
    if slow:
        title = "The same with the share of a core that 128 MB have, s; Alma gives up at the dashed line."
        panels.append(_panel(title, _HEAD + _LINE * len(cold), slow, "%.1f s", BUDGET_MS / 1000))
    height = sum(_HEAD + _LINE * len(panel["bars"]) for panel in panels) + 10
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(_TEMPLATE.read_text("utf-8"))
    return template.render(panels=panels, width=_WIDTH, height=height, left=_LEFT, line=_LINE) + "\n"


def _panel(
    title: str, top: int, values: Sequence[tuple[str, float]], form: str, limit: float | None = None
) -> dict[str, Any]:
    """Return bars under a title; `limit` is a line across them, in the same unit."""
    scale = (_WIDTH - _LEFT - _RIGHT) / max([value for _, value in values] + [limit or 0])
    bars = [{"row": row, "value": value, "kind": _kind(row, value, limit)} for row, value in values]
    return {"title": title, "top": top, "bars": bars, "form": form, "limit": limit, "scale": scale}


def _kind(row: str, value: float, limit: float | None) -> str:
    if row == INGEST:
        return "ours"
    return "late" if limit and value > limit and row != BARE else "bar"
