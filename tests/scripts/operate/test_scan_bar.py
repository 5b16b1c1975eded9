"""How a pass over the dead letters is shown: a bar on a terminal, one line elsewhere."""

import io

import pytest
from rich.console import Console

from scripts.operate.scan_bar import scan_bar


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_pass_is_shown(is_terminal: bool) -> None:
    """How many letters were seen, of about how many; a log gets one line and no more."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=is_terminal, width=100, highlight=False)
    with scan_bar(console) as progress:
        progress(0, 5_000)
        progress(4_987, 5_000)
    shown = out.getvalue()
    assert ("4,987 of about 5,000" in shown) is is_terminal
    assert is_terminal or shown == "reading about 5,000 dead letters\n"
