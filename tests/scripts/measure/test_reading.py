"""How the reading of logs is shown: a status on a terminal, one line a log elsewhere."""

import io

import pytest
from rich.console import Console

from scripts.measure.reading import reading


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_reading_is_shown(is_terminal: bool) -> None:
    """How many lines, and how far; a file gets one line a log and no more."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=is_terminal, width=100, highlight=False)
    with reading(console) as progress:
        progress("the-log", 0, 0)
        progress("the-log", 12_000, 1_795_521_600_000)
    shown = out.getvalue()
    assert ("the-log: 12,000 lines, up to 2026-11-24T12:00:00.000Z" in shown) is is_terminal
    assert is_terminal or shown == "reading the-log\n"
