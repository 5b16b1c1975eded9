"""The tables for people, and the chart: well-formed, with every row, readable on light and dark."""

import io
import re
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from rich.console import Console

from benchmarks.bench_command import show
from benchmarks.goals import judged
from benchmarks.report_cells import median_text
from benchmarks.report_views import cold_chart
from benchmarks.rows import BARE, BOTO3, FLOOR, INGEST, POWERTOOLS, RAW
from tests.benchmarks.reports import PEER, figures, report

TITLES = (
    "Cold starts of listeners",
    "Warm requests",
    "Cold starts with a small Lambda's share of a core",
    "Ingest's next request",
    "Cold starts of processors",
    "The processor's messages",
    "Cold starts of the notification functions",
    "Pages of the console",
    "Console snapshots",
    "The drain of a soak test: 540 messages, 560 runs, 20 retries",
    "Growth",
    "An export, checked and transformed",
    "Throughput through the emulator",
    "Throughput by the number of events",
    "Commands of operators",
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
        "2.9",
        "±0.29",
        "0.86",
        "±0.086",
        "0.125",
        "±0.013",
    ]
    assert line(PEER, shown(report()))[:3] == [PEER, "50", "±5"]


def test_a_message_has_its_ratio_to_the_version_before() -> None:
    """If that was measured; else its columns are empty."""
    found = report()
    assert line("topic, 200 KB ", shown(found))[3:10] == ["3", "2", "±0.2", "2.5", "±0.25", "0.7", "±0.07"]
    for name in ("messages_before", "cpu_ratios"):
        del found["processor"][name]
    assert line("topic, 200 KB ", shown(found))[3:8] == ["3", "2", "±0.2", "3", "±0.3"]


def test_the_budget_passes_or_fails() -> None:
    """With what was answered where it was no 200."""
    text = "\n".join(shown(report()))
    assert "800 ±80 pass" in text
    assert "8600 ±860 FAIL" in text
    assert "answered 503" in text


def test_without_control_groups_one_line_says_so() -> None:
    """And no table is there that would look like a measurement."""
    lines = shown({**report(), "shares": {"available": False, "why": "No groups."}})
    assert "Shares of a core: not measured. No groups." in lines


def test_goals_are_met_or_missed() -> None:
    """By the report's own word."""
    lines = shown(report())
    assert line("ingest cold ÷ bare interpreter", lines)[-3:] == ["2.9", "2.9", "met"]
    assert line("processor cold ÷ boto3", lines)[-3:] == ["1.3", "1.6", "MISSED"]


def test_throughput_is_shown_beside_the_pairs() -> None:
    """Its events per second, its share of theirs, and a line for each power of ten."""
    lines = shown(report())
    assert line("forwarding pair", lines) == ["forwarding", "pair", "75", "±7.5", "0.8", "±0.08"]
    assert ["run", "1,000", "16.5", "7.25", "6.75", "480", "144", "1110"] in [each.split() for each in lines]


def test_a_command_of_operators_has_its_calls_and_their_cost() -> None:
    """Those that grow with the number of dead letters by name."""
    words = ["list", "5,000", "12.5", "3.5", "90", "502", "0.00025", "sqs:ReceiveMessage", "501"]
    assert words in [each.split() for each in shown(report())]


def test_a_figure_is_shown_with_its_spread() -> None:
    """Three digits; nothing for what was not measured."""
    assert median_text(figures(12.345)) == "12.3 ±1.23"
    assert median_text(None) == ""


NAMESPACE = "{http://www.w3.org/2000/svg}"


def drawn(*without: str) -> Element:
    parsed: Element = fromstring(cold_chart({name: part for name, part in report().items() if name not in without}))
    return parsed


def texts(svg: Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{NAMESPACE}text")]


def bars(svg: Element) -> list[Element]:
    return list(svg.iter(f"{NAMESPACE}rect"))


def test_every_row_has_its_bar() -> None:
    """Peers with any name are shown; without shares of a core there is one panel."""
    svg = drawn("shares")
    assert {BARE, RAW, FLOOR, INGEST, BOTO3, POWERTOOLS, PEER} <= set(texts(svg))
    assert [bar.get("class") for bar in bars(svg)] == ["bar", "bar", "bar", "ours", "bar", "bar", "bar"]


def test_bars_are_as_long_as_their_times() -> None:
    """Of 240 ms the eighth is 30 ms."""
    widths = [float(bar.get("width", "")) for bar in bars(drawn("shares"))]
    assert widths[4] / widths[3] == 8.0


def test_what_outlasts_almas_patience_stands_out() -> None:
    """The second panel has the limit as a line, and a class of its own for what is beyond it."""
    svg = drawn()
    assert [bar.get("class") for bar in bars(svg)][7:] == ["bar", "ours", "late"]
    [limit] = svg.iter(f"{NAMESPACE}line")
    late = bars(svg)[-1]
    assert float(late.get("x", "")) + float(late.get("width", "")) > float(limit.get("x1", ""))


def test_nothing_lies_outside_the_picture() -> None:
    """Each bar and each line of text begins within it."""
    svg = drawn()
    _, _, width, height = map(float, svg.get("viewBox", "").split())
    for element in [*svg.iter(f"{NAMESPACE}text"), *bars(svg)]:
        assert 0 <= float(element.get("x", "")) <= width
        assert 0 <= float(element.get("y", "")) <= height


def test_dark_pages_have_colours_of_their_own() -> None:
    """Every class that has a colour has one for dark too."""
    style = next(iter(drawn().iter(f"{NAMESPACE}style"))).text or ""
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    coloured = r"(text|\.\w+) \{[^}]*(?:fill|stroke): #"
    assert sorted(re.findall(coloured, light)) == sorted(re.findall(coloured, dark))
