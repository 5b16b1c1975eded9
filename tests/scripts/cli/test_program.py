"""How a command-line program ends: its sentence and its exit code."""

import ast
import subprocess
import sys

import pytest
import typer

from scripts.cli import program
from scripts.cli.exit_codes import RejectedError
from tests.scripts.command import ROOT


def test_f49_a_failure_that_names_a_dead_letter_is_escaped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The id of one that is not ours may be anything; one sentence stays one line."""

    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def reject() -> None:
        raise RejectedError("The dead letter \x9b2J\u202e\nevil [/red] cannot be edited.")

    monkeypatch.setattr(sys, "argv", ["reject"])
    with pytest.raises(SystemExit) as ending:
        program.run(app, "alma-webhooks")
    assert ending.value.code == 3
    assert capsys.readouterr().err == "alma-webhooks: The dead letter \\x9b2J\\u202e\\nevil [/red] cannot be edited.\n"


def _handlers() -> list[tuple[str, ast.ExceptHandler]]:
    """Every handler of Ctrl-C in the tools."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path in sorted((ROOT / "scripts").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler) and node.type and "KeyboardInterrupt" in ast.unparse(node.type)
    ]


# They end with what was begun; whoever calls them raises StoppedError, or the interruption itself again.
_GO_ON = {"scripts/devtools/simulator/simulation.py", "scripts/dead_letters/scan.py"}


def test_whoever_catches_ctrl_c_ends_the_command_with_130() -> None:
    """By StoppedError alone: another error would have another exit code."""
    found = _handlers()
    assert len(found) > 15
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
    """The end of the input at one is a failure as before."""
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
    ("arguments", "code"), [(("--help",), 0), (("routes", "samples"), 0), (("routes", "explain", "nosuch"), 2)]
)
def test_a_reader_that_closes_its_pipe_changes_no_exit_code(arguments: tuple[str, ...], code: int) -> None:
    """As `head` does: neither output nor errors reach anybody, and there is no traceback."""
    program = [sys.executable, "-c", "from scripts.main import main; main()", *arguments]
    running = subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603 -- our own
    assert running.stdout
    assert running.stderr
    running.stdout.close()
    err = running.stderr.read().decode()
    assert running.wait(60) == code, err
    assert "Error" not in err
    running.stderr.close()
