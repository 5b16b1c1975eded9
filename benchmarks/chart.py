"""Draw a chart of the cold starts as SVG text, readable on light and dark pages."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from benchmarks.rows import BARE, INGEST
from benchmarks.share_part import ALL, BUDGET_MS

_TEMPLATE: Final = Path(__file__).with_name("chart.svg.j2")
_WIDTH: Final = 760
_LEFT: Final = 220
_RIGHT: Final = 70
_LINE: Final = 26
_HEAD: Final = 46


def chart(report: Mapping[str, Any]) -> str:
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
