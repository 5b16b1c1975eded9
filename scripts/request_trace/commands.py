"""Define the command `trace`: its flags and its output. `request_lines` does the work."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import FailedError
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, StackFlags
from scripts.cli.output import NOTICES, print_result
from scripts.cli.progress import log_progress
from scripts.cli.times import milliseconds, milliseconds_of, parse_moment
from scripts.request_trace.log import as_data, lines, pattern_for, request_lines

RequestArgument = Annotated[str, typer.Argument(metavar="ID", help="Receipt ID of any request.")]
SinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="Start of the search: 90m, 24h, 3d ago, or an RFC 3339 time.")
]

# Other clocks stamp the lines, and they may be ahead of this computer's.
_AHEAD: Final = timedelta(days=1)


@expand
def trace(
    *,
    receipt_id: RequestArgument,
    since: SinceOption = "14d",
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Show the log lines of a request in order: its acceptance, every attempt, and operator commands.

    Works for any receipt ID, dead letter or not. Exit 1 if there is no line.

    Example: alma-webhooks trace 0123456789abcdef0123456789abcdef --since 3d --stage prod
    """
    begin, _ = parse_moment("--since", since), pattern_for(receipt_id)  # before AWS is asked for anything
    now = datetime.now(UTC)
    span = milliseconds_of(begin, now), milliseconds(now + _AHEAD)
    with (
        stack_command(stack, "Interrupted before all log lines were read.") as (scope, _),
        log_progress(NOTICES) as progress,
    ):
        found = request_lines(scope, receipt_id, *span, progress)
    print_result(output, {"receipt_id": receipt_id, "lines": [as_data(line) for line in found]}, lines(found))
    if not found:
        raise FailedError(
            f"No log lines about {receipt_id} in {scope.stack.name} since {since}: check the ID, --stage and --since."
        )
