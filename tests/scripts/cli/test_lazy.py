"""Commands are imported when they run."""

import re

import pytest
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


@pytest.fixture(scope="module")
def pages() -> dict[tuple[str, ...], str]:
    """The help pages of the program, its groups and all commands."""
    paths = {path[:length] for path, _ in commands(typer.main.get_command(app)) for length in range(len(path) + 1)}
    return {path: CliRunner().invoke(app, [*path, "--help"]).stdout for path in paths}


def test_an_argument_is_one_upper_case_word(pages: dict[tuple[str, ...], str]) -> None:
    """The same one in the usage line and in the list, without a type beside it, which would look like a second one."""
    for path, page in pages.items():
        usage = re.sub(r"\s+", " ", page.partition("\n\n")[0]).partition("[OPTIONS]")[2]
        _, _, listed = page.partition("\nArguments:\n")
        names = re.findall(r"(?m)^  (\S.*?)(?:  |$)", listed.partition("\n\n")[0])
        assert re.findall(r"[^\s{}\[\].]+", usage) == (names or ([] if not usage else ["COMMAND", "ARGS"])), path
        assert all(re.fullmatch(r"[A-Z|/=]+", name.replace("all", "ALL")) for name in names), path


def test_no_help_page_shows_a_python_type(pages: dict[tuple[str, ...], str]) -> None:
    """Of the program, its groups and all commands."""
    assert {path: found[0] for path, page in pages.items() if (found := PYTHON_TYPES.search(page))} == {}
    replay = pages["dead-letters", "replay"]
    assert re.search(r"--rate +NUMBER", replay)
    assert re.search(r"--cause +TEXT", replay)
    assert re.search(r"--stage +dev\|stg\|prod", replay)
    assert re.search(r"--all +Select", replay)
