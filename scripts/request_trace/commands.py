"""The command `trace`: flags and printing; no reading."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from scripts.aws.context import aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.options import EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.cli.progress import log_progress
from scripts.cli.terminal import escaped_json
from scripts.cli.times import Moment, milliseconds, milliseconds_of, parse_moment
from scripts.dead_letters.session import NOTICES
from scripts.request_trace.log import pattern_for, request_lines
from scripts.request_trace.report import as_data, lines

RequestArgument = Annotated[str, typer.Argument(metavar="ID", help="A receipt id, of a dead letter or not.")]
SinceOption = Annotated[str, typer.Option(metavar="TIME", help="From when on: 90m, 24h, 3d ago, or a moment.")]

# Lines are stamped by other clocks than this computer's.
_AHEAD: Final = timedelta(days=1)


def trace(
    receipt_id: RequestArgument,
    since: SinceOption = "14d",
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Shows what the logs say of a request, by time: how it was accepted, every attempt, what operators did.

    Of any receipt id, whatever became of it. Exits 1 if there is no line.

    Example: alma-webhooks trace 0123456789abcdef0123456789abcdef --since 3d --stage prod
    """
    begin, _ = parse_moment("--since", since), pattern_for(receipt_id)  # before AWS is asked for anything
    try:
        with aws_errors_explained(), log_progress(NOTICES) as progress:
            scope = open_stack_context(stage.value, stack, endpoint_url)
            found = request_lines(scope, receipt_id, *_span(begin), progress)
    except KeyboardInterrupt:
        raise StoppedError("Interrupted: not all lines were read.") from None
    if output is Output.json:
        typer.echo(escaped_json({"receipt_id": receipt_id, "lines": [as_data(line) for line in found]}))
    elif found:
        typer.echo("\n".join(lines(found)))
    if not found:
        raise FailedError(
            f"The logs of {scope.stack.name} have no line about {receipt_id} since {since}: see to the id, --stage and "
            "--since."
        )


def _span(begin: Moment) -> tuple[int, int]:
    now = datetime.now(UTC)
    return milliseconds_of(begin, now), milliseconds(now + _AHEAD)
