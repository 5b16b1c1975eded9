"""The pictures: what they show for given answers, as SVG that can be parsed."""

from defusedxml.ElementTree import fromstring

from benchmarks.simulation.charts import Bar, bars, charts
from benchmarks.simulation.page import number
from benchmarks.simulation.results import stored

SVG = "{http://www.w3.org/2000/svg}"


def widths(picture: str) -> list[float]:
    return [float(each.get("width", "")) for each in fromstring(picture).iter(f"{SVG}rect")]


def test_bars_have_a_logarithmic_scale() -> None:
    """From a hundredth of a second, each tenfold value has the same more; what is less is still seen."""
    found = widths(bars("Invented.", [Bar("a", value, "bar") for value in (0.001, 0.1, 1.0, 10.0)]))
    assert found[0] == 1.0
    assert abs((found[3] - found[2]) - (found[2] - found[1])) <= 0.2


def test_every_picture_has_a_title_and_the_values_as_text() -> None:
    """For readers of screens, and for those who want the number."""
    results = stored()
    for picture in charts(results).values():
        assert fromstring(picture).findtext(f"{SVG}title")
    burst = charts(results)["scaling-burst.svg"]
    for of in results["burst"]["default quotas"].values():
        assert f">{number(of['no groups']['slowest_s'])} s<" in burst


def test_names_are_escaped() -> None:
    """A name in the results is text and no markup."""
    assert "<b>" not in bars("<b>", [Bar("<b>", 1.0, "bar")])
