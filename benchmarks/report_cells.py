"""Format figures of a report as cells, and rows of cells as a table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

BenchReport = Mapping[str, Any]


def median_text(figures: BenchReport | None) -> str:
    """Format the median ± half of the spread, or an empty string without figures."""
    if figures is None:
        return ""
    return f"{short_text(figures['median'])} ±{short_text((figures['high'] - figures['low']) / 2)}"


def short_text(value: float) -> str:
    """Format a number with three significant digits, or more before the point."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) >= 0.1 else f"{value:.2g}"


def titled_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table whose first column, and those without a heading or with names of calls, are text."""
    table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False, box=SIMPLE_HEAD)
    for place, heading in enumerate(headings):
        is_text = place == 0 or heading in {"", "which calls"}
        table.add_column(heading, justify="left" if is_text else "right", no_wrap=place == 0)
    for row in rows:
        table.add_row(*row)
    return table
