"""Run a command-line program; turn each of its errors into one sentence and an exit code."""

import sys
from typing import Any, Final

import typer

from scripts.cli import streams
from scripts.cli.exit_codes import CommandError, StoppedError
from scripts.cli.output import print_notice
from scripts.cli.terminal import escape

HELP_FLAGS: Final[dict[Any, Any]] = {"help_option_names": ["-h", "--help"]}
"""Context settings of a Typer app; its commands and groups inherit them."""


def run(app: typer.Typer, name: str) -> None:
    """Run one command. Exit codes: 0 success, 1 failure, 2 usage or configuration, 3 rejected, 130 Ctrl-C."""
    streams.prepare()
    try:
        app()
    except CommandError as error:
        print_notice(f"{name}: {escape(str(error))}")
        sys.exit(error.exit_code)
    except SystemExit as ending:
        # Typer exits with 1 both after Ctrl-C at a prompt and at the end of the input.
        if ending.__context__ and isinstance(ending.__context__.__context__, KeyboardInterrupt):
            sys.exit(StoppedError.exit_code)
        raise
