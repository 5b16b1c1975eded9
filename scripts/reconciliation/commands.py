"""Define the command `reconcile`: its flags and its output."""

import json
from typing import Annotated

import typer
from rich.console import Console

from scripts.aws.context import aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import StoppedError
from scripts.cli.options import EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.cli.progress import log_progress
from scripts.cli.times import parse_moment
from scripts.reconciliation.collect import collect
from scripts.reconciliation.report import as_data, lines

AcceptedSinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="Accepted since TIME: 90m, 24h or 3d ago, or e.g. 2026-11-24T00:00:00Z.")
]
AcceptedUntilOption = Annotated[str | None, typer.Option(metavar="TIME", help="Accepted before TIME; default: now.")]
OneProfileOption = Annotated[str | None, typer.Option("--alma-profile", help="Only this Alma profile; default: all.")]

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def reconcile(
    since: AcceptedSinceOption,
    until: AcceptedUntilOption = None,
    profile: OneProfileOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Reconcile accepted events with their outcomes, and list the missing ones. Changes nothing.

    Exits 1 if an event is missing or a log cannot be read.

    Example: alma-webhooks reconcile --since 24h --stage prod
    """
    begin, end = parse_moment("--since", since), until and parse_moment("--until", until)
    try:
        with aws_errors_explained(), log_progress(_err) as progress:
            scope = open_stack_context(stage.value, stack, endpoint_url)
            chosen = scope.profile(profile) if profile else None
            data = as_data(scope, collect(scope, begin, end or None, progress), chosen)
    except KeyboardInterrupt:
        raise StoppedError("Interrupted before all log lines were read, so there is no result.") from None
    if output is Output.json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(lines(data)))
    if not data["reconciled"]:
        raise typer.Exit(1)
