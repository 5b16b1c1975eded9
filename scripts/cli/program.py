"""Run a command-line program; turn each of its errors into one sentence and an exit code.

Standard output and error survive encodings and closed pipes.
"""

import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TYPE_CHECKING, Any, Final

import typer
from typer import _completion_classes

from scripts.cli.exit_codes import CommandError, StoppedError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

HELP_FLAGS: Final[dict[Any, Any]] = {"help_option_names": ["-h", "--help"]}
"""Context settings of a Typer app; its commands and groups inherit them."""


def run(app: typer.Typer, name: str) -> None:
    """Run one command. Exit codes: 0 success, 1 failure, 2 usage or configuration, 3 rejected, 130 Ctrl-C."""
    _prepare_streams()
    # In zsh and fish, Typer would import Rich to remove markup from help texts. Ours have none.
    _completion_classes._sanitize_help_text = str  # type: ignore[assignment] # a function of Typer's own
    try:
        app()
    except CommandError as error:
        from scripts.cli.output import notices  # only now, because it imports Rich

        notices((*error.details, f"{name}: {error}"))
        sys.exit(error.exit_code)
    except SystemExit as ending:
        # Typer exits with 1 both after Ctrl-C at a prompt and at the end of the input.
        if ending.__context__ and isinstance(ending.__context__.__context__, KeyboardInterrupt):
            sys.exit(StoppedError.exit_code)
        raise


def _prepare_streams() -> None:
    """Replace the standard streams, unless they have been replaced already.

    If a reader such as `head` closes its pipe, only the output stops. The work continues, so that the exit code stays
    meaningful.
    """
    if type(sys.stdout) is TextIOWrapper:
        sys.stdout = _prepared(sys.stdout)
    if type(sys.stderr) is TextIOWrapper:
        sys.stderr = _prepared(sys.stderr)


def _prepared(stream: TextIOWrapper) -> TextIOWrapper:
    stream.flush()
    is_live = stream.isatty() or stream.line_buffering
    buffer = BufferedWriter(_Pipe(stream.fileno(), "wb", closefd=False))
    # Characters that the terminal cannot encode must not raise an error.
    return TextIOWrapper(buffer, stream.encoding, errors="backslashreplace", line_buffering=is_live)


class _Pipe(FileIO):
    """A file that discards its output once the reader has closed the pipe."""

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            nobody = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nobody, self.fileno())
            os.close(nobody)
            return super().write(data)
