"""Define the command `trace`: its flags and its output. `request_lines` and `follow_request` do the work."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from scripts.aws.stack_command import stack_command
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, StackFlags
from scripts.cli.output import NOTICES, print_result
from scripts.cli.progress import log_progress
from scripts.cli.times import milliseconds, milliseconds_of, parse_duration, parse_moment
from scripts.request_trace.follow import follow_request, has_outcome
from scripts.request_trace.log import as_data, lines, pattern_for, request_lines
from scripts.request_trace.log_line import LogLine

RequestArgument = Annotated[str, typer.Argument(metavar="ID", help="Receipt ID of any request.")]
SinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="Start of the search: 90m, 24h, 3d ago, or an RFC 3339 time.")
]
FollowOption = Annotated[bool, typer.Option("--follow", help="Wait for more lines until the event has an outcome.")]
LimitOption = Annotated[
    str | None,
    typer.Option(
        "--timeout", metavar="DURATION", help="With --follow: how long to wait (default: 10m).", show_default=False
    ),
]

# Other clocks stamp the lines, and they may be ahead of this computer's.
_AHEAD: Final = timedelta(days=1)
_LIMIT: Final = "10m"

_INTERRUPTED: Final = "Interrupted before all log lines were read."


@expand
def trace(
    *,
    receipt_id: RequestArgument,
    since: SinceOption = "14d",
    follow: FollowOption = False,
    timeout: LimitOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Show the log lines of a request in order: its acceptance, every attempt, and operator commands.

    Works for any receipt ID, dead letter or not. In a stage with notifications also the lines of producer and sender.
    Exit 1 if there is no line, or with --follow no outcome in time.

    Example: alma-webhooks trace 0123456789abcdef0123456789abcdef --since 3d --stage prod

    Or: alma-webhooks trace 0123456789abcdef0123456789abcdef --follow --stage prod
    """
    if timeout and not follow:
        raise ConfigurationError("--timeout needs --follow: without it, trace does not wait.")
    if follow:
        _follow(receipt_id, since, timeout or _LIMIT, stack, output)
    else:
        show_trace(receipt_id, since, stack, output)


def show_trace(receipt_id: str, since: str, stack: StackFlags, output: Output = Output.text) -> None:
    """Print the lines that there are. Raise FailedError if there is none."""
    begin, _ = parse_moment("--since", since), pattern_for(receipt_id)  # before AWS is asked for anything
    now = datetime.now(UTC)
    span = milliseconds_of(begin, now), milliseconds(now + _AHEAD)
    with stack_command(stack, _INTERRUPTED) as (scope, _), log_progress(NOTICES) as progress:
        found = request_lines(scope, receipt_id, *span, progress)
    print_result(output, {"receipt_id": receipt_id, "lines": [as_data(line) for line in found]}, lines(found))
    if not found:
        raise _no_lines(receipt_id, scope.stack.name, since)


def _follow(receipt_id: str, since: str, timeout: str, stack: StackFlags, output: Output) -> None:
    """Print lines as they come; as JSON all of them at the end. Raise FailedError without an outcome in time."""
    begin, limit, _ = parse_moment("--since", since), parse_duration("--timeout", timeout), pattern_for(receipt_id)
    found: list[LogLine] = []
    start = milliseconds_of(begin, datetime.now(UTC))
    with stack_command(stack, "Stopped; the event may still be under way.") as (scope, _):
        for new in follow_request(scope, receipt_id, start, limit.total_seconds()):
            found += new
            if output is Output.text:
                print_result(output, None, lines(new))
                sys.stdout.flush()
    found.sort(key=lambda line: line.at)
    if output is Output.json:
        print_result(output, {"receipt_id": receipt_id, "lines": [as_data(line) for line in found]}, ())
    if not found:
        raise _no_lines(receipt_id, scope.stack.name, since)
    if not has_outcome(found):
        raise FailedError(f"No outcome of {receipt_id} after {timeout}; run the command again to wait on.")


def _no_lines(receipt_id: str, stack: str, since: str) -> FailedError:
    return FailedError(f"No log lines about {receipt_id} in {stack} since {since}: check the ID, --stage and --since.")
