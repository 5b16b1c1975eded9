"""How far the finding and redriving of executions has come: a line each where there is no terminal."""

import io

from rich.console import Console

from scripts.operate.executions_progress import finding_shown, redriving_shown


def test_without_a_terminal_each_thing_is_told_once() -> None:
    """A log of a job has no use for a bar."""
    console = Console(file=io.StringIO(), width=80)
    with finding_shown(console) as progress:
        for count in range(3):
            progress("the executions of pod", count)
    with redriving_shown(console) as shown:
        for done in range(3):
            shown(done, 1200)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "reading the executions of pod\nexecutions to redrive: 1,200\n"


def test_a_terminal_sees_how_far_it_is() -> None:
    """The counts, as they grow."""
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    with redriving_shown(console) as shown:
        shown(2, 3)
    with finding_shown(console) as progress:
        progress("the executions of pod", 7)
    assert isinstance(console.file, io.StringIO)
    assert "2 of 3" in console.file.getvalue()
