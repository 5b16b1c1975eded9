"""The errors, exit codes and global flags of the command-line program."""

import ast
import importlib.metadata
import re
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from scripts.cli import program
from scripts.cli.exit_codes import RejectedError
from scripts.main import app as whole_app
from tests.scripts.cli_commands import commands
from tests.scripts.command import ROOT


def test_f49_a_failure_that_names_a_dead_letter_is_escaped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An id from outside may hold any character; the error stays on one line."""

    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def reject() -> None:
        raise RejectedError("The dead letter \x9b2J\u202e\nevil [/red] cannot be edited.")

    monkeypatch.setattr(sys, "argv", ["reject"])
    with pytest.raises(SystemExit) as ending:
        program.run(app, "alma-webhooks")
    assert ending.value.code == 3
    assert capsys.readouterr().err == "alma-webhooks: The dead letter \\x9b2J\\u202e\\nevil [/red] cannot be edited.\n"


def test_every_command_has_h_as_a_help_flag() -> None:
    """`-h` prints the same help as `--help`, for the program, its groups and all commands."""
    paths = {
        path[:length] for path, _ in commands(typer.main.get_command(whole_app)) for length in range(len(path) + 1)
    }
    assert ("dead-letters", "replay") in paths
    for path in sorted(paths):
        short, long = (CliRunner().invoke(whole_app, [*path, flag]) for flag in ("-h", "--help"))
        assert (short.exit_code, short.output) == (0, long.output), path
        assert "Usage:" in short.output


def test_the_version_is_that_of_the_package() -> None:
    """`--version` prints name and version on one line."""
    result = CliRunner().invoke(whole_app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"alma-webhooks {importlib.metadata.version('alma-webhooks')}\n")


def test_developer_tools_have_a_panel_after_the_commands() -> None:
    """The help lists the commands of operators first."""
    commands, _, tools = CliRunner().invoke(whole_app, ["--help"]).output.partition("\nDeveloper tools:\n")
    assert all(f"\n  {name} " in commands for name in ("run", "deploy", "doctor", "dead-letters"))
    assert re.findall(r"^  ([a-z-]+) ", tools, re.MULTILINE) == ["simulate", "soak", "template", "package"]


def _handlers() -> list[tuple[str, ast.ExceptHandler]]:
    """Return every handler of Ctrl-C in the tools, with its place."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path in sorted((ROOT / "scripts").rglob("*.py"))
        if "KeyboardInterrupt" in (text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ExceptHandler) and node.type and "KeyboardInterrupt" in ast.unparse(node.type)
    ]


# They finish what was begun; their callers raise StoppedError or KeyboardInterrupt.
_GO_ON = {"scripts/devtools/simulator/simulation.py", "scripts/dead_letters/scan.py"}


def test_every_handler_of_ctrl_c_ends_the_command_with_130() -> None:
    """Each raises StoppedError; any other error would have another exit code."""
    found = _handlers()
    assert len(found) > 5
    wrong = [
        place
        for place, handler in found
        if not any(isinstance(each, ast.Raise) and "StoppedError(" in ast.unparse(each) for each in handler.body)
    ]
    assert {place.partition(":")[0] for place in wrong} == _GO_ON


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (EOFError, 1)])
def test_ctrl_c_at_a_question_exits_130(
    error: type[BaseException], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The end of the input at a prompt stays a failure with exit code 1."""
    app = typer.Typer()

    @app.command()
    def ask() -> None:
        typer.confirm("Do this?", err=True)

    def end(*_: str) -> str:
        raise error

    monkeypatch.setattr("builtins.input", end)
    monkeypatch.setattr("typer._click.termui.visible_prompt_func", end)
    monkeypatch.setattr(sys, "argv", ["ask"])
    with pytest.raises(SystemExit) as ending:
        program.run(app, "ask")
    assert ending.value.code == code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--help",), 0),
        pytest.param(("routes", "samples"), 0, marks=pytest.mark.full),
        pytest.param(("routes", "explain", "nosuch"), 2, marks=pytest.mark.full),
    ],
)
def test_a_reader_that_closes_its_pipe_changes_no_exit_code(arguments: tuple[str, ...], code: int) -> None:
    """A pipe closed early, as by `head`, causes no traceback."""
    program = [sys.executable, "-c", "from scripts.main import main; main()", *arguments]
    running = subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603 -- our own
    assert running.stdout
    assert running.stderr
    running.stdout.close()
    err = running.stderr.read().decode()
    assert running.wait(60) == code, err
    assert "Error" not in err
    running.stderr.close()
