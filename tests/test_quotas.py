"""The quotas page: its examples follow from the numbers of the template and the durations on the costs page."""

import re
from pathlib import Path

from scripts.aws.template import load
from tests.costs import PAGE, listed

QUOTAS = (Path(__file__).parents[1] / "docs" / "quotas.md").read_text("utf-8")
AMOUNTS = listed(PAGE.read_text("utf-8"))
TIMES = "\N{MULTIPLICATION SIGN}"
INGEST, PROCESSOR = AMOUNTS["ingest_ms"] / 1000, AMOUNTS["processor_ms"] / 1000
CONCURRENCY = load()["Mappings"]["Concurrency"]["prod"]["Processor"]


def rows() -> dict[int, list[str]]:
    """Return the columns of the table "Met first" by events per second."""
    found = re.findall(r"^\| ([\d,]+) \| (.*) \|$", QUOTAS.split("## Met first")[1], re.MULTILINE)
    return {int(events.replace(",", "")): text.split(" | ") for events, text in found}


def row(text: str) -> tuple[int, list[str]]:
    """Return events per second and columns of the only row with this text."""
    [found] = [(events, columns) for events, columns in rows().items() if text in " ".join(columns)]
    return found


def test_the_examples_of_the_formulas_are_correct() -> None:
    """The examples use the durations on the costs page and the concurrency of prod."""
    assert f"1,000 {TIMES} {INGEST:g} = {1000 * INGEST:.0f}," in QUOTAS
    assert f"1,000 {TIMES} {PROCESSOR:g} = {1000 * PROCESSOR:.0f}," in QUOTAS
    assert f"{CONCURRENCY} ÷ {PROCESSOR:g} = {CONCURRENCY / PROCESSOR:.0f} for prod" in QUOTAS
    assert f"{TIMES} 1.5, here {1000 * PROCESSOR * 1.5:.0f}." in QUOTAS


def test_the_lowest_limit_is_first() -> None:
    """The table is sorted by events per second."""
    assert len(rows()) >= 8
    assert list(rows()) == sorted(rows())


def test_the_rows_follow_from_the_quotas() -> None:
    """Concurrency limits follow from the duration of the functions, write limits from two writes per delivery."""
    events, columns = row("the mapping's concurrency in prod")
    assert (events, columns[1]) == (round(CONCURRENCY / PROCESSOR), str(CONCURRENCY))
    assert row("**new** account")[0] == round(10 / (INGEST + PROCESSOR))
    assert row("shared with every function")[0] == round(1000 / (INGEST + PROCESSOR))
    assert row("that never had more")[0] == 4_000 / AMOUNTS["writes"]
    assert row("40,000")[0] == 40_000 / AMOUNTS["writes"]


def test_the_throttle_is_the_default_of_the_template() -> None:
    """The page states the default throttling limits of the template."""
    parameters = load()["Parameters"]
    events, columns = row("the stack's own throttle")
    rate, burst = (parameters[f"Throttling{name}Limit"]["Default"] for name in ("Rate", "Burst"))
    assert events == rate
    assert columns[1] == f"`ThrottlingRateLimit` {rate:,}, `ThrottlingBurstLimit` {burst:,}"
