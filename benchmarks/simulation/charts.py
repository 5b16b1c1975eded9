"""Draws the answers of the simulation as SVG."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, StrictUndefined

from benchmarks.simulation.page import number
from benchmarks.simulation.results import Results

_TEMPLATE: Final = Path(__file__).with_name("chart.svg.j2")
_WIDTH: Final = 760
_LEFT: Final = 250
_RIGHT: Final = 80
_LINE: Final = 24
_HEAD: Final = 44
_HEIGHT: Final = 300
_LEAST_SECONDS: Final = 0.01
_KINDS: Final = {"groups": "ours", "no groups": "bar"}


class Bar(NamedTuple):
    """A bar: `value` in seconds; `kind` is a class of the chart's style."""

    row: str
    value: float
    kind: str


def charts(results: Results) -> dict[str, str]:
    """Return the SVG texts by file name."""
    return {
        "scaling-burst.svg": bars("Seconds that a JOB_END waits behind 10,000 BIB events.", _burst(results)),
        "scaling-long-burst.svg": _long_burst(results["long_burst"]),
        "scaling-load.svg": bars("The slowest 1 % of the other events, seconds.", _loads(results)),
    }


def bars(title: str, found: Sequence[Bar]) -> str:
    """Return a chart of bars with a logarithmic scale, from a hundredth of a second."""
    most = math.log10(max(bar.value for bar in found) / _LEAST_SECONDS)
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    rows = [
        {
            "row": bar.row,
            "kind": bar.kind,
            "length": max(1.0, math.log10(max(bar.value, _LEAST_SECONDS) / _LEAST_SECONDS) * scale),
            "text": f"{number(bar.value)} s",
        }
        for bar in found
    ]
    height = _HEAD + _LINE * len(rows) + 10
    return _drawn(title=f"{title} Logarithmic scale.", height=height, bars=rows, lines=[], ticks=[])


def _burst(results: Results) -> list[Bar]:
    stages = {str(number): f" ({stage})" for stage, number in results["concurrency"].items()}
    return [
        Bar(f"concurrency {concurrency}{stages.get(concurrency, '')}, {name}", of[name]["slowest_s"], kind)
        for concurrency, of in results["burst"]["default quotas"].items()
        for name, kind in _KINDS.items()
    ]


def _loads(results: Results) -> list[Bar]:
    outage = [
        Bar(f"outage, {how}, {name}", of[name]["others"]["p99_s"], kind)
        for how, of in results["outage"].items()
        for name, kind in _KINDS.items()
    ]
    return outage + [
        Bar(f"replay, {rate} a second, {name}".replace("auto a second", "auto"), of[name]["live"]["p99_s"], kind)
        for rate, of in results["replay"].items()
        for name, kind in _KINDS.items()
    ]


def _long_burst(part: Mapping[str, Any]) -> str:
    kinds = ("warn", "ours", "bar")
    minutes = max(at for of in part.values() for at, _ in of["jobs"])
    most = max(seconds for of in part.values() for _, seconds in of["jobs"])
    across, up = (_WIDTH - 90) / minutes, (_HEIGHT - 60) / most
    lines = [
        {
            "kind": kind,
            "name": name,
            "points": " ".join(
                f"{60 + at * across:.1f},{_HEAD + _HEIGHT - 60 - wait * up:.1f}" for at, wait in of["jobs"]
            ),
        }
        for kind, (name, of) in zip(kinds, part.items(), strict=True)
    ]
    step = 10
    ticks = [{"x": 60 + at * across, "text": f"{at} min"} for at in range(0, int(minutes) + 1, step)]
    title = "Seconds that a JOB_END waits beside 500,000 BIB events, by the minute in which it comes."
    return _drawn(title=title, height=_HEAD + _HEIGHT + 40, bars=[], lines=lines, ticks=ticks, most=number(most))


def _drawn(**values: Any) -> str:
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(_TEMPLATE.read_text("utf-8"))
    layout = {"width": _WIDTH, "left": _LEFT, "line": _LINE, "head": _HEAD, "bottom": _HEAD + _HEIGHT - 60}
    return template.render(layout | {"most": ""} | values) + "\n"
