"""Commands are imported when they run."""

import re

import typer
from typer.testing import CliRunner

from scripts.cli.lazy import CommandSource, group_of
from scripts.main import app
from tests.scripts.cli_commands import commands

RUNNER = CliRunner()


def app_with(**sources: CommandSource) -> typer.Typer:
    """A program with these commands."""
    app = typer.Typer(cls=group_of(sources))
    app.callback()(lambda: None)
    return app


def test_help_imports_no_command() -> None:
    """A module that does not exist has its line in the help, and fails only when it runs."""
    app = app_with(missing=CommandSource("scripts.no_such_module:missing", "Do nothing."))
    shown = RUNNER.invoke(app, ["--help"])
    assert (shown.exit_code, "Do nothing." in shown.stdout) == (0, True)
    assert isinstance(RUNNER.invoke(app, ["missing"]).exception, ModuleNotFoundError)


def test_a_function_and_an_app_run_by_their_names() -> None:
    """Both have the usage line of the whole program."""
    app = app_with(
        explain=CommandSource("scripts.routes.commands:explain", ""),
        routes=CommandSource("scripts.routes.commands:routes_app", ""),
    )
    assert " explain [OPTIONS]" in RUNNER.invoke(app, ["explain", "--help"]).stdout
    assert " routes check [OPTIONS]" in RUNNER.invoke(app, ["routes", "check", "--help"]).stdout


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
