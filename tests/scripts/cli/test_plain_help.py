"""Help pages name values as people do."""

import re

import typer
from typer.testing import CliRunner

from scripts.main import app
from tests.scripts.cli_commands import commands

# What Typer would show: <str>, list[str], float range, file.
PYTHON_TYPES = re.compile(
    r"<(?:str|int|bool|float|list)|\blist\[|-[a-z-]+ (?:str|bool|float|int)\b|\brange$|(?<![-\w])file +[A-Z]"
)


def test_no_help_page_shows_a_python_type() -> None:
    """Of the program, its groups and all commands."""
    paths = {path[:length] for path, _ in commands(typer.main.get_command(app)) for length in range(len(path) + 1)}
    pages = {path: CliRunner().invoke(app, [*path, "--help"]).stdout for path in paths}
    assert {path: found[0] for path, page in pages.items() if (found := PYTHON_TYPES.search(page))} == {}
    replay = pages["dead-letters", "replay"]
    assert re.search(r"--rate +NUMBER", replay)
    assert re.search(r"--cause +TEXT", replay)
    assert re.search(r"--stage +dev\|stg\|prod", replay)
    assert re.search(r"--all +Select", replay)
