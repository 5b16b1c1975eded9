"""Test that a command gets the flags that select a stack, and that errors and Ctrl-C end it with a sentence."""

from pathlib import Path
from typing import Annotated

import pytest
import typer
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from scripts.aws import stack_flags
from scripts.aws.context import StackContext
from scripts.aws.stack_flags import StackFlags, with_stack_flags
from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.options import Output

FLAGS = StackFlags("dev", None, None, Output.text)


def test_a_command_gets_the_flags_and_its_own_parameters() -> None:
    """Its help has both, and the first parameter is no flag."""
    got: list[object] = []

    @with_stack_flags
    def command(flags: StackFlags, name: str, file: Annotated[Path | None, typer.Option()] = None) -> None:
        """Do something."""
        got.extend([flags, name, file])

    app = typer.Typer()
    app.command()(command)
    arguments = ["x", "--file=f", "--stage=prod", "--stack=s", "--endpoint-url=http://h", "--output=json"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert got == [StackFlags("prod", "s", "http://h", Output.json), "x", Path("f")]
    assert "--flags" not in CliRunner().invoke(app, ["--help"]).output


def test_errors_and_interruptions_are_sentences(scope: StackContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C only where the command names what was done; the stack is opened with the flags."""
    monkeypatch.setattr(stack_flags, "open_stack_context", lambda *given: scope if given == FLAGS[:3] else None)
    with FLAGS.opened() as opened:
        assert opened is scope
    with pytest.raises(StoppedError, match="Nothing was changed"), FLAGS.opened("Nothing was changed."):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), FLAGS.opened():
        raise KeyboardInterrupt
    with pytest.raises(FailedError, match="AWS rejected GetParameters"), FLAGS.opened():
        raise ClientError({"Error": {"Code": "Throttling"}}, "GetParameters")
