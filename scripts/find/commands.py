"""Define the command `find`: its flags and its output. `FindService` does the work."""

import sys
from typing import Annotated, Final

import typer

from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, StackFlags
from scripts.cli.output import NOTICES, notices, print_result
from scripts.cli.progress import ConsoleProgress
from scripts.cli.prompts import can_ask
from scripts.find import report
from scripts.find.found import FindResult
from scripts.find.search_text import SearchText
from scripts.find.service import FindService

_STDIN: Final = "-"
_MOST_BYTES: Final = 10_000  # far above the longest text, so that a pipe of another file ends with an error

TextArgument = Annotated[
    str,
    typer.Argument(
        metavar="TEXT",
        help="The text. Other users of this computer can see it in the list of processes, and the shell keeps it in "
        "its history: omit it, or pass -, to be asked for it or to read it from standard input.",
        show_default=False,
    ),
]
SinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="Start of the search: 90m, 24h, 3d ago, or an RFC 3339 time.")
]


@expand
def find(
    *, text: TextArgument = _STDIN, since: SinceOption = "14d", stack: StackFlags, output: OutputOption = Output.text
) -> None:
    """Find a job, record, barcode, user or receipt ID in dead letters, logs and executions.

    Finds whole values of bodies, log lines and the input of executions, in upper or lower case. Shows where they are,
    not the values: personal data stays hidden. Changes nothing; at most 100 matches are shown of each source. Exits 1
    if nothing was found, or if a source could not be read; the rest is shown.

    Example: alma-webhooks find --since 3d --stage prod
    """
    searched = SearchText.of(_entered() if text == _STDIN else text)
    result = FindResult(searched, since)
    with stack_command(stack, "Interrupted; nothing was changed.") as (scope, _):
        FindService(scope, ConsoleProgress(NOTICES)).find(result)
    notices([*result.notices, *result.problems])
    print_result(output, report.as_data(result), report.lines(result) if result.matches else ())
    if not result.matches:
        raise FailedError(report.summary(result))
    if result.problems:
        raise typer.Exit(1)


def _entered() -> str:
    """Return what the user types at a prompt, or standard input if that is not a terminal."""
    if can_ask():
        return str(typer.prompt("Text to find", err=True))
    try:
        return sys.stdin.buffer.read(_MOST_BYTES).decode()
    except UnicodeDecodeError:
        raise ConfigurationError("Standard input cannot be read: it is not UTF-8.") from None
