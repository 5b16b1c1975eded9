"""The page about evidence names tests and modules that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "evidence.md"


def test_every_file_on_the_page_exists() -> None:
    """A test that was renamed would leave a claim without its proof."""
    named = re.findall(r"`((?:tests|ingest|processor|scripts)/[\w/.]+)`", PAGE.read_text("utf-8"))
    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).exists()] == []
