"""The quotas page: its examples are worked out from the template's numbers and the costs page's seconds."""

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
    """What is met first, by events a second."""
    found = re.findall(r"^\| ([\d,]+) \| (.*) \|$", QUOTAS.split("## Met first")[1], re.MULTILINE)
    return {int(events.replace(",", "")): text.split(" | ") for events, text in found}


def row(text: str) -> tuple[int, list[str]]:
    """The one row on something."""
    [found] = [(events, columns) for events, columns in rows().items() if text in " ".join(columns)]
    return found


def test_the_formulas_examples_are_right() -> None:
    """With the same seconds as the costs page has, and prod's concurrency."""
    assert f"1,000 {TIMES} {INGEST:g} = {1000 * INGEST:.0f}," in QUOTAS
    assert f"1,000 {TIMES} {PROCESSOR:g} = {1000 * PROCESSOR:.0f}," in QUOTAS
    assert f"{CONCURRENCY} ÷ {PROCESSOR:g} = {CONCURRENCY / PROCESSOR:.0f} for prod" in QUOTAS
    assert f"{TIMES} 1.5, here {1000 * PROCESSOR * 1.5:.0f}." in QUOTAS


def test_what_is_met_first_stands_first() -> None:
    """The table goes up."""
    assert len(rows()) >= 8
    assert list(rows()) == sorted(rows())


def test_the_rows_are_worked_out_from_the_quotas() -> None:
    """Concurrency by both functions' seconds, writes by two a delivery."""
    events, columns = row("the mapping's concurrency in prod")
    assert (events, columns[1]) == (round(CONCURRENCY / PROCESSOR), str(CONCURRENCY))
    assert row("**new** account")[0] == round(10 / (INGEST + PROCESSOR))
    assert row("shared with every function")[0] == round(1000 / (INGEST + PROCESSOR))
    assert row("that never had more")[0] == 4_000 / AMOUNTS["writes"]
    assert row("40,000")[0] == 40_000 / AMOUNTS["writes"]


def test_the_throttle_is_the_templates() -> None:
    """A default that is changed there is changed here."""
    parameters = load()["Parameters"]
    events, columns = row("the stack's own throttle")
    rate, burst = (parameters[f"Throttling{name}Limit"]["Default"] for name in ("Rate", "Burst"))
    assert events == rate
    assert columns[1] == f"`ThrottlingRateLimit` {rate:,}, `ThrottlingBurstLimit` {burst:,}"
