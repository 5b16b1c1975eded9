"""The command `reconcile`: flags and printing; no reading, no joining."""

import json
from typing import Annotated

import typer
from rich.console import Console

from scripts.aws.context import aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import StoppedError
from scripts.cli.options import EmulatorOption, Output, OutputOption, StackOption, StageName, StageOption
from scripts.cli.progress import log_progress
from scripts.cli.times import parse_moment
from scripts.reconciliation.collect import take
from scripts.reconciliation.report import as_data, lines

SinceOption = Annotated[
    str, typer.Option(metavar="TIME", help="From when on: 90m, 24h or 3d ago, or e.g. 2026-11-24T00:00:00Z.")
]
UntilOption = Annotated[str | None, typer.Option(metavar="TIME", help="Until before when; now, unless told.")]
ProfileOption = Annotated[str | None, typer.Option("--alma-profile", help="One of the stack's Alma profiles [all].")]

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def reconcile(
    since: SinceOption,
    until: UntilOption = None,
    profile: ProfileOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Holds every event that was accepted against what became of it, and names the missing. Changes nothing.

    Exits 1 if one is missing, or if a log may not be read.

    Example: alma-webhooks reconcile --since 24h --stage prod
    """
    begin, end = parse_moment("--since", since), until and parse_moment("--until", until)
    try:
        with aws_errors_explained(), log_progress(_err) as progress:
            scope = open_stack_context(stage.value, stack, endpoint_url)
            chosen = scope.profile(profile) if profile else None
            data = as_data(scope, take(scope, begin, end or None, progress), chosen)
    except KeyboardInterrupt:
        raise StoppedError("Interrupted: there is no reconciliation of half the lines.") from None
    if output is Output.json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(lines(data)))
    if not data["reconciled"]:
        raise typer.Exit(1)
