"""The command `alma-webhooks`: its help is known without importing a feature, and is the commands' own."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from scripts.cli.lazy import LazyCommand, first_sentence
from scripts.main import COMMANDS, app
from tests.scripts.cli_commands import commands
from tests.scripts.command import ROOT

ALL: dict[str, Any] = {" ".join(path): command for path, command in commands(typer.main.get_command(app))}

# What takes longest to import, and what no help page needs.
SLOW = ("boto3", "jinja2", "pydantic", "yaml", "rich", "scripts.aws")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_line_is_that_of_the_command(name: str) -> None:
    """The first sentence of its help, on one line."""
    assert COMMANDS[name].help == first_sentence(LazyCommand(name, COMMANDS[name]).load().help)


# The parts of the SDK that take long to import; its exceptions do not.
SDK = ("boto3", "botocore.config", "botocore.session")


def imported_by(arguments: list[str], slow: tuple[str, ...] = SLOW, **environment: str) -> str:
    """Run the program, and return its output, whose last line names the slow modules that it has imported."""
    program = (
        "import atexit, sys; from scripts.main import main; "
        f"atexit.register(lambda: print([name for name in {slow!r} if name in sys.modules])); "
        f"sys.argv = ['alma-webhooks', *{arguments!r}]; main()"
    )
    done = subprocess.run(  # noqa: S603 -- our own
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout


def test_the_help_of_a_command_does_not_import_the_sdk() -> None:
    """Nor does the completion of its flags and values, unless the command line names a stage."""
    shown = imported_by(["dead-letters", "list", "--help"], SDK).splitlines()
    assert shown[0].startswith("Usage: alma-webhooks dead-letters list")
    assert shown[-1] == "[]"
    line = "alma-webhooks dead-letters list --cause t"
    completing = {"_ALMA_WEBHOOKS_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": "4"}
    assert imported_by([], SDK, **completing).splitlines() == ["template", "too-large", "too-old", "transient", "[]"]


def test_no_command_imports_the_sdk_before_it_runs() -> None:
    """All commands are loaded in one process, as for their help; the first one that imports the SDK is named."""
    program = (
        "import sys; from scripts.cli.lazy import LazyCommand; from scripts.main import COMMANDS\n"
        "for name, source in COMMANDS.items():\n"
        "    LazyCommand(name, source).load()\n"
        f"    assert not (found := [each for each in {SDK!r} if each in sys.modules]), (name, found)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"]])
def test_help_imports_neither_the_sdk_nor_rich_nor_a_feature(arguments: list[str]) -> None:
    """So that it answers at once."""
    shown = imported_by(arguments).splitlines()
    assert len(shown) > 1
    assert shown[-1] == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_of_commands_imports_neither(shell: str) -> None:
    """In every shell; the help texts that zsh and fish show are no reason for it."""
    line = "alma-webhooks de"
    shown = imported_by(
        [],
        _ALMA_WEBHOOKS_COMPLETE=f"complete_{shell}",
        COMP_WORDS=line,
        COMP_CWORD="1",
        _TYPER_COMPLETE_ARGS=line,
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    ).splitlines()
    assert any("deploy" in each for each in shown)
    assert any("dead-letters" in each for each in shown)
    assert shown[-1] == "[]"


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_an_example_that_parses(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command itself takes its arguments; files that they name are there."""
    texts = f"{ALL[name].help}\n{ALL[name].epilog or ''}"
    found = re.search(r"^ *Example: alma-webhooks (.+)$", texts, re.MULTILINE)
    assert found, texts
    words = shlex.split(found[1])
    path = name.split(" ")
    assert words[: len(path)] == path
    monkeypatch.chdir(tmp_path)
    for word in words[len(path) :]:
        if "." in word and "/" not in word:
            Path(word).touch()
    ALL[name].make_context(name, words[len(path) :])


@pytest.mark.parametrize("name", ["", *COMMANDS, *ALL])
def test_help_pages_fit_eighty_columns(name: str) -> None:
    """Text wraps at words; only a path or an URL without a space could be longer."""
    shown = CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": "80"}).output
    assert shown.startswith("Usage: ")
    assert [line for line in shown.splitlines() if len(line) > 80] == []


def test_the_help_of_make_fits_eighty_columns() -> None:
    """Each target has its line, and what it does is wrapped at words."""
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 -- the make of the path
    lines = done.stdout.splitlines()
    assert "  make deploy           Deploy the pipeline of a project: PROJECT=FOLDER" in done.stdout
    assert [line for line in lines if len(line) > 80] == []
