"""How a wait is shown: a bar on a terminal, one line elsewhere."""

import io

import pytest
from rich.console import Console

from scripts.operate.wait_bar import wait_bar


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_wait_is_shown(is_terminal: bool) -> None:
    """Seconds that are left, and what for; a log gets one line and no more."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=is_terminal, width=100, highlight=False)
    with wait_bar(console, "all is well") as waited:
        waited(0, 310)
        waited(100, 310)
    shown = out.getvalue()
    assert "until all is well" in shown
    assert ("210 s left" in shown) is is_terminal
    assert is_terminal or shown == "waiting 310 s until all is well\n"
