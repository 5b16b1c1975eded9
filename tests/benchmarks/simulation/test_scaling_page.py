"""The page docs/scaling.md: its tables, pictures and numbers are those of the stored results."""

import re
from pathlib import Path

import pytest

from benchmarks.simulation.charts import charts
from benchmarks.simulation.loads import WORKING
from benchmarks.simulation.mapping import A_MINUTE, AT_START
from benchmarks.simulation.page import number, tables, with_tables
from benchmarks.simulation.questions import LARGE_REGION, settings
from benchmarks.simulation.results import concurrencies, stored
from benchmarks.simulation.settings import Quotas
from scripts.aws.alarm_tiers import AlarmTier
from tests.costs import PAGE, listed, monthly
from tests.test_costs import pipeline

DOCS = Path(__file__).parents[3] / "docs"
SCALING = (DOCS / "scaling.md").read_text("utf-8")
RESULTS = stored()
PROD, DEV = str(concurrencies()["prod"]), str(concurrencies()["dev"])
TABLE = re.compile(r"(?m)^<!-- [a-z-]+ -->\n(?:\|.*\n)*")
MARKUP = re.compile(r"\]\([^)]*\)|`[^`]*`")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def test_the_tables_are_those_of_the_results() -> None:
    """After new results, `make scaling ARGS=--stored` writes them."""
    assert with_tables(SCALING, tables(RESULTS)) == SCALING


def test_a_mark_that_is_missing_is_found() -> None:
    """A table that nobody sees is not written in silence."""
    with pytest.raises(ValueError, match="burst"):
        with_tables("no marks", tables(RESULTS))


def test_the_pictures_are_those_of_the_results() -> None:
    """Each is on the page, with a text for those who do not see it."""
    for name, picture in charts(RESULTS).items():
        assert (DOCS / name).read_text("utf-8") == picture
        assert re.search(rf"!\[[^\]]+\]\({re.escape(name)}\)", SCALING)


def test_the_results_are_those_of_the_templates_concurrency() -> None:
    """A changed mapping needs new results."""
    assert RESULTS["concurrency"] == concurrencies()
    assert {DEV, PROD} <= RESULTS["burst"]["default quotas"].keys()


def test_the_end_of_a_job_is_not_held_up_by_its_records() -> None:
    """The goal: less than 30 s behind 10,000 BIB events in prod; in each stage less than a second, as the page says."""
    of = RESULTS["burst"]["default quotas"]
    assert of[PROD]["groups"]["slowest_s"] < 30
    assert all(of[str(stage)]["groups"]["slowest_s"] < 1 for stage in concurrencies().values())
    without = (number(of[stage]["no groups"]["slowest_s"]) for stage in (PROD, DEV))
    text = " ".join(SCALING.split())
    assert "Without groups it would wait {} s in prod and {} s in dev.".format(*without) in text


def test_the_numbers_of_the_text_are_those_of_a_table_or_known() -> None:
    """Every number in the text is in a table of the results, or is one of the model's own."""
    quotas, parameters = Quotas(), settings(5).policy
    amounts = listed(PAGE.read_text("utf-8"))
    known: set[float] = {
        *(10_000, 500_000, 50_000, 1_000, 100_000, 500, 5, 1, 30, 3, 0),  # the questions
        *(AT_START, A_MINUTE, quotas.topics, LARGE_REGION.topics, LARGE_REGION.executions[0], WORKING),
        *(parameters.visibility_seconds, amounts["processor_ms"], amounts["processor_cold_ms"], settings(5).times.cold),
        *(50, 10, 512, 1.5, 180, 20, 429),  # concurrency, shares, memory, quotas.md, the rate of a replay, a status
        *(9, 6),  # three attempts of 3 s; the picture's text
    }
    known |= {_value(text) for table in tables(RESULTS).values() for text in NUMBER.findall(table)}
    a_million = (
        sum(monthly(10**7, of).values()) - sum(monthly(10**6, of).values()) for of in [pipeline(AlarmTier.none)]
    )
    known |= {round(next(a_million) / 9, 2)}
    text = MARKUP.sub("", TABLE.sub("", SCALING))
    assert {found for found in NUMBER.findall(text) if _value(found) not in known} == set()


def _value(text: str) -> float:
    return float(text.rstrip(",").replace(",", ""))
