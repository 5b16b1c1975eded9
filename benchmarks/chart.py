"""Draw a chart of the cold starts as SVG text, readable on light and dark pages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape

from benchmarks.rows import BARE, INGEST
from benchmarks.share_part import ALL, BUDGET_MS

_WIDTH: Final = 760
_LEFT: Final = 220
_RIGHT: Final = 70
_LINE: Final = 26
_HEAD: Final = 46

_STYLE: Final = """
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; }
    .bar { fill: #8c959f; }
    .ours { fill: #1a7f37; }
    .late { fill: #cf222e; }
    .limit { stroke: #cf222e; stroke-dasharray: 4 3; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .bar { fill: #6e7681; }
      .ours { fill: #3fb950; }
      .late { fill: #f85149; }
      .limit { stroke: #f85149; }
    }
"""


class _Panel(NamedTuple):
    """Bars under a title; `limit` is a line across them, in the same unit."""

    title: str
    bars: Sequence[tuple[str, float]]
    unit: str
    limit: float | None = None

    @property
    def height(self) -> int:
        return _HEAD + _LINE * len(self.bars)


def chart(report: Mapping[str, Any]) -> str:
    """Return the SVG for a report with the part `ingest`."""
    panels = [_cold(report), *_throttled(report)]
    height = sum(panel.height for panel in panels) + 10
    drawn, top = [], 0
    for panel in panels:
        drawn.append(_drawn(panel, top))
        top += panel.height
    title = escape(" ".join(panel.title for panel in panels))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img">\n  <title>{title}</title>\n  <style>{_STYLE}  </style>\n' + "".join(drawn) + "</svg>\n"
    )


def _cold(report: Mapping[str, Any]) -> _Panel:
    machine = report["machine"]
    title = f"Cold start, ms: process start to first 200 (Python {machine['python']}, {machine['machine']})."
    bars = [(row, figures["cold_ms"]["median"]) for row, figures in report["ingest"]["cold"].items()]
    return _Panel(title, bars, "ms")


def _throttled(report: Mapping[str, Any]) -> list[_Panel]:
    rows = report.get("shares", {}).get("rows", ())
    bars = [
        (row["row"], row["total_ms"]["median"] / 1000) for row in rows if row["megabytes"] == 128 and row["init"] == ALL
    ]
    title = "The same with the share of a core that 128 MB have, s; Alma gives up at the dashed line."
    return [_Panel(title, bars, "s", BUDGET_MS / 1000)] if bars else []


def _drawn(panel: _Panel, top: int) -> str:
    most = max([value for _, value in panel.bars] + [panel.limit or 0])
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    lines = [f'  <text class="title" x="10" y="{top + 24}">{escape(panel.title)}</text>\n']
    for number, (row, value) in enumerate(panel.bars):
        y = top + _HEAD + number * _LINE - 8
        lines.append(
            f'  <text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(row)}</text>\n'
            f'  <rect class="{_kind(row, value, panel.limit)}" x="{_LEFT}" y="{y}" '
            f'width="{max(value * scale, 1):.1f}" height="{_LINE - 8}" rx="2"/>\n'
            f'  <text x="{_LEFT + value * scale + 6:.1f}" y="{y + 13}">{_text_of(value, panel.unit)}</text>\n'
        )
    if panel.limit:
        x = _LEFT + panel.limit * scale
        lines.append(
            f'  <line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{top + _HEAD - 12}" y2="{top + panel.height - 4}"/>\n'
        )
    return "".join(lines)


def _kind(row: str, value: float, limit: float | None) -> str:
    if row == INGEST:
        return "ours"
    return "late" if limit and value > limit and row != BARE else "bar"


def _text_of(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}" if unit == "ms" else f"{value:.1f} {unit}"
