"""Run a command-line program: turn its errors into one sentence each and an exit code. Holds no command."""

import sys

import typer
from rich.console import Console

from scripts.cli import streams
from scripts.cli.exit_codes import CommandError, StoppedError
from scripts.cli.terminal import escape


def run(app: typer.Typer, name: str) -> None:
    """Run one command; exit 0 done, 1 failed, 2 usage or configuration, 3 rejected, 130 stopped by Ctrl-C."""
    streams.prepare()
    try:
        app()
    except CommandError as error:
        Console(stderr=True).print(f"{name}: {escape(str(error))}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except SystemExit as ending:
        # Typer exits with 1 after Ctrl-C at a question, as it does where the input has ended.
        if ending.__context__ and isinstance(ending.__context__.__context__, KeyboardInterrupt):
            sys.exit(StoppedError.exit_code)
        raise
