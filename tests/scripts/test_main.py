"""The command `alma-webhooks`: its help is known without importing a feature, and is the commands' own."""

import subprocess
import sys

import pytest

from scripts.cli.lazy import LazyCommand
from scripts.main import COMMANDS
from tests.scripts.command import ROOT


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_line_is_that_of_the_command(name: str) -> None:
    """The first paragraph of its help, on one line."""
    own = LazyCommand(name, COMMANDS[name]).load().help
    assert COMMANDS[name].help == " ".join(own.split("\n\n")[0].split())


def test_help_imports_neither_the_sdk_nor_a_feature() -> None:
    """So that it answers at once."""
    program = (
        "import sys; from typer.testing import CliRunner; from scripts.main import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        "print([name for name in ('boto3', 'jinja2', 'pydantic', 'yaml', 'scripts.aws') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 -- our own
    assert done.stdout.strip() == "[]"
