"""The chart: well-formed, with every row, readable on light and dark."""

import re
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from benchmarks.chart import chart
from benchmarks.rows import BARE, BOTO3, INGEST, POWERTOOLS, RAW
from tests.benchmarks.reports import PEER, report

NAMESPACE = "{http://www.w3.org/2000/svg}"


def drawn(*without: str) -> Element:
    parsed: Element = fromstring(chart({name: part for name, part in report().items() if name not in without}))
    return parsed


def texts(svg: Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{NAMESPACE}text")]


def bars(svg: Element) -> list[Element]:
    return list(svg.iter(f"{NAMESPACE}rect"))


def test_every_row_has_its_bar() -> None:
    """Peers too, whatever their names hold; without shares of a core there is one panel."""
    svg = drawn("shares")
    assert {BARE, RAW, INGEST, BOTO3, POWERTOOLS, PEER} <= set(texts(svg))
    assert [bar.get("class") for bar in bars(svg)] == ["bar", "bar", "ours", "bar", "bar", "bar"]


def test_bars_are_as_long_as_their_times() -> None:
    """Of 240 ms the eighth is 30 ms."""
    widths = [float(bar.get("width", "")) for bar in bars(drawn("shares"))]
    assert widths[3] / widths[2] == 8.0


def test_what_outlasts_almas_patience_stands_out() -> None:
    """The second panel has the limit as a line, and a class of its own for what is beyond it."""
    svg = drawn()
    assert [bar.get("class") for bar in bars(svg)][6:] == ["bar", "ours", "late"]
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
