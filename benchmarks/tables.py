"""Format a report as tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from benchmarks import bodies
from benchmarks.rows import BARE, BOTO3, RAW
from benchmarks.share_part import ALL, REQUEST, SIZES

BenchReport = Mapping[str, Any]


def tables(report: BenchReport) -> Iterator[Table | str]:
    """Yield the tables of the measured parts, and the goals last."""
    if "ingest" in report:
        yield _cold("Cold starts of listeners", report["ingest"], (BARE, RAW, BOTO3))
        yield _warm(report["ingest"])
    if "shares" in report:
        shares = report["shares"]
        yield _shares(shares) if shares["available"] else f"Shares of a core: not measured. {shares['why']}"
    if "reconnects" in report:
        yield _reconnects(report["reconnects"])
    if "processor" in report:
        yield _cold("Cold starts of processors", report["processor"], (BARE, "boto3 + json"))
        yield _messages(report["processor"]["messages"])
    if "growth" in report:
        yield _growth(report["growth"])
    yield _goals(report["goals"])


def _cold(title: str, part: BenchReport, others: Sequence[str]) -> Table:
    against = [f"÷ {other}" for other in others]
    table = _table(title, "", "cold ms", *against, "request ms", "CPU ms", "RSS MB", "modules")
    for row, figures in part["cold"].items():
        to = part["cold_ratios"]["cold_ms"].get(row, {}) if row != BARE else {}
        table.add_row(
            row,
            median_text(figures["cold_ms"]),
            *(median_text(to.get(other)) for other in others),
            median_text(figures.get("handler_ms")),
            median_text(figures["cpu_ms"]),
            _short(figures["rss_mb"]["median"]),
            _short(figures["modules"]["median"]),
        )
    return table


def _warm(part: BenchReport) -> Table:
    headings = [heading for size in bodies.SIZES for heading in (f"{size}: CPU µs", f"÷ {RAW}", "wall µs")]
    table = _table("Warm requests", "", *headings)
    for row, figures in part["warm"].items():
        cells = []
        for size in bodies.SIZES:
            to = part["warm_ratios"][f"{size} cpu"].get(row, {}).get(RAW)
            cells += [
                median_text(figures[f"{size} cpu_us"]),
                median_text(to),
                _short(figures[f"{size} wall_us"]["median"]),
            ]
        table.add_row(row, *cells)
    return table


def _shares(shares: BenchReport) -> Table:
    found = {(row["row"], row["megabytes"], row["init"]): row for row in shares["rows"]}
    columns = [(megabytes, init) for init in (ALL, REQUEST) for megabytes in SIZES]
    title = "Cold starts with a small Lambda's share of a core, ms; five seconds are all that Alma waits"
    table = _table(title, "", *(f"{megabytes} MB, {init}" for megabytes, init in columns))
    for name in dict.fromkeys(row["row"] for row in shares["rows"]):
        table.add_row(name, *(_budget(found.get((name, *column))) for column in columns))
    return table


def _budget(row: BenchReport | None) -> str:
    if row is None:
        return ""
    verdict = "pass" if row["is_within_budget"] else "FAIL"
    failed = [str(status) for status in row["statuses"] if status != 200]
    return f"{median_text(row['total_ms'])} {verdict}{' answered ' + ', '.join(failed) if failed else ''}"


def _reconnects(part: BenchReport) -> Table:
    table = _table("Ingest's next request on a connection", "", "wall ms", "CPU ms")
    for state, figures in part["states"].items():
        table.add_row(state, median_text(figures["wall_ms"]), median_text(figures["cpu_ms"]))
    return table


def _messages(messages: BenchReport) -> Table:
    table = _table("The processor's messages", "", "calls", "CPU ms", "wall ms", "which calls")
    for kind, figures in messages.items():
        calls = figures["calls"]
        which = ", ".join(name if count == 1 else f"{name} {_short(count)}" for name, count in calls.items())
        total = _short(sum(calls.values()))
        table.add_row(kind, total, median_text(figures["cpu_ms"]), median_text(figures["wall_ms"]), which)
    return table


def _growth(part: BenchReport) -> Table:
    headings = [f"{kind}: {what}" for kind in part for what in ("CPU µs each", "RSS MB", "bytes each")]
    table = _table("Growth", "events", *headings)
    by_count: dict[int, dict[str, Any]] = {}
    for kind, rows in part.items():
        for row in rows:
            by_count.setdefault(row["events"], {})[kind] = row
    for events, kinds in by_count.items():
        cells = [
            _short(kinds[kind][name]) if kind in kinds else ""
            for kind in part
            for name in ("us_per_event", "rss_mb", "bytes_per_event")
        ]
        table.add_row(str(events), *cells)
    return table


def _goals(goals: Sequence[BenchReport]) -> Table:
    table = _table("Goals", "", "at most", "measured", "")
    for goal in goals:
        verdict = "met" if goal["is_met"] else "MISSED"
        table.add_row(goal["figure"], _short(goal["at_most"]), _short(goal["value"]), verdict)
    return table


def median_text(figures: BenchReport | None) -> str:
    """Format the median ± half of the spread, or an empty string without figures."""
    if figures is None:
        return ""
    return f"{_short(figures['median'])} ±{_short((figures['high'] - figures['low']) / 2)}"


def _short(value: float) -> str:
    """Format a number with three significant digits, or more before the point."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) >= 0.1 else f"{value:.2g}"


def _table(title: str, first: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False, box=SIMPLE_HEAD)
    table.add_column(first, no_wrap=True)
    for heading in headings:
        is_text = heading in {"", "which calls"}
        table.add_column(heading, justify="left" if is_text else "right")
    return table
