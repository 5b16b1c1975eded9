"""How the reading of a file is shown: a bar on a terminal, one line elsewhere."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from scripts.operate.file_bar import file_bar


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_reading_is_shown(is_terminal: bool) -> None:
    """How many bytes were read, of how many; a log gets one line and no more."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=is_terminal, width=100, highlight=False)
    with file_bar(console, Path("export.jsonl")) as progress:
        progress(0, 5_000_000)
        progress(4_000_000, 5_000_000)
    shown = out.getvalue()
    assert ("4.0/5.0 MB" in shown) is is_terminal
    assert is_terminal or shown == "reading export.jsonl\n"
