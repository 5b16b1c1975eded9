"""The command `trace`: flags and output."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from scripts.aws.context import aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.options import EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.cli.output import NOTICES
from scripts.cli.progress import log_progress
from scripts.cli.terminal import escaped_json
from scripts.cli.times import Moment, milliseconds, milliseconds_of, parse_moment
from scripts.request_trace.log import pattern_for, request_lines
from scripts.request_trace.report import as_data, lines

RequestArgument = Annotated[str, typer.Argument(metavar="ID", help="Receipt ID of any request.")]
SinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="Start of the search: 90m, 24h, 3d ago, or an RFC 3339 time.")
]

# Other clocks stamp the lines, and they may be ahead of this computer's.
_AHEAD: Final = timedelta(days=1)


def trace(
    receipt_id: RequestArgument,
    since: SinceOption = "14d",
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show the log lines of a request in order: its acceptance, every attempt, and operator commands.

    Works for any receipt ID, dead letter or not. Exit 1 if there is no line.

    Example: alma-webhooks trace 0123456789abcdef0123456789abcdef --since 3d --stage prod
    """
    begin, _ = parse_moment("--since", since), pattern_for(receipt_id)  # before AWS is asked for anything
    try:
        with aws_errors_explained(), log_progress(NOTICES) as progress:
            scope = open_stack_context(stage.value, stack, endpoint_url)
            found = request_lines(scope, receipt_id, *_span(begin), progress)
    except KeyboardInterrupt:
        raise StoppedError("Interrupted before all log lines were read.") from None
    if output is Output.json:
        typer.echo(escaped_json({"receipt_id": receipt_id, "lines": [as_data(line) for line in found]}))
    elif found:
        typer.echo("\n".join(lines(found)))
    if not found:
        raise FailedError(
            f"No log lines about {receipt_id} in {scope.stack.name} since {since}: check the ID, --stage and --since."
        )


def _span(begin: Moment) -> tuple[int, int]:
    now = datetime.now(UTC)
    return milliseconds_of(begin, now), milliseconds(now + _AHEAD)
