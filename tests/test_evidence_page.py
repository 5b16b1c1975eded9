"""The page about evidence names tests and modules that exist."""

import re
from pathlib import Path

from tests.acceptance.__main__ import STEPS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "evidence.md"


def test_every_file_on_the_page_exists() -> None:
    """A test that was renamed would leave a claim without its proof."""
    named = re.findall(r"`((?:tests|ingest|processor|scripts)/[\w/.]+)`", PAGE.read_text("utf-8"))
    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_page_names_every_step_of_the_acceptance() -> None:
    """Each step that shows something of AWS is in the table, and the table names no other."""
    section = PAGE.read_text("utf-8").partition("## What only an account can show")[2]
    rows = re.findall(r"^\| .+ \| (`.+`)", section, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert named == {step.name for step in STEPS if not step.always}
