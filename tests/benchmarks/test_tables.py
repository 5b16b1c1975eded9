"""The tables for people."""

import io
from typing import Any

from rich.console import Console

from benchmarks.bench_command import show
from benchmarks.goals import judged
from benchmarks.tables import median_text
from tests.benchmarks.reports import PEER, figures, report

TITLES = (
    "Cold starts of listeners",
    "Warm requests",
    "Cold starts with a small Lambda's share of a core",
    "Ingest's next request",
    "Cold starts of processors",
    "The processor's messages",
    "Growth",
    "Goals",
)


def shown(found: dict[str, Any]) -> list[str]:
    output = io.StringIO()
    show(found | {"goals": judged(found)}, Console(file=output, width=150, markup=False, highlight=False))
    return output.getvalue().splitlines()


def line(beginning: str, lines: list[str]) -> list[str]:
    return next(line for line in lines if line.strip().startswith(beginning)).split()


def test_every_part_has_its_table() -> None:
    """The machine first, the goals last."""
    lines = shown(report())
    assert lines[0].startswith("Python 3.13.0, x86_64, Linux, 2 cores (invented), load 0.5 at the start; 100.0 s.")
    places = [lines.index(next(line for line in lines if line.startswith(title))) for title in TITLES]
    assert places == sorted(places)


def test_a_row_has_its_time_its_ratios_and_what_it_loaded() -> None:
    """A peer's like any other."""
    assert line("ingest ", shown(report()))[:9] == [
        "ingest",
        "30",
        "±3",
        "3",
        "±0.3",
        "0.86",
        "±0.086",
        "0.125",
        "±0.013",
    ]
    assert line(PEER, shown(report()))[:3] == [PEER, "50", "±5"]


def test_the_budget_passes_or_fails() -> None:
    """With what was answered where it was no 200."""
    text = "\n".join(shown(report()))
    assert "1100 ±110 pass" in text
    assert "8600 ±860 FAIL" in text
    assert "answered 503" in text


def test_without_control_groups_one_line_says_so() -> None:
    """And no table is there that would look like a measurement."""
    lines = shown({**report(), "shares": {"available": False, "why": "No groups."}})
    assert "Shares of a core: not measured. No groups." in lines


def test_goals_are_met_or_missed() -> None:
    """By the report's own word."""
    lines = shown(report())
    assert line("ingest cold ÷ bare interpreter", lines)[-3:] == ["3", "3", "met"]
    assert line("processor cold ÷ boto3", lines)[-3:] == ["1.5", "1.6", "MISSED"]


def test_a_figure_is_shown_with_its_spread() -> None:
    """Three digits; nothing for what was not measured."""
    assert median_text(figures(12.345)) == "12.3 ±1.23"
    assert median_text(None) == ""
