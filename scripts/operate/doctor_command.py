"""The command `doctor`: flags and printing; no check, no AWS calls."""

import json

import typer
from rich.console import Console

from scripts.deploy.check import ROUTES
from scripts.errors import StoppedError
from scripts.operate.doctor.examination import examine
from scripts.operate.doctor.report import as_data, lines
from scripts.operate.doctor.subject import open_subject
from scripts.operate.scope import aws_errors_told, open_scope
from scripts.options import EngineOption, Output, OutputOption, RoutesOption, StackOption, StageName, StageOption

_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def doctor(
    stage: StageOption = StageName.dev,
    routes: RoutesOption = ROUTES,
    stack: StackOption = None,
    endpoint_url: EngineOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Looks whether a deployed stack is well, and says what to do about what is not. Changes nothing.

    Exits 1 if something is bad, or could not be looked at.

    Example: alma-webhooks doctor --stage prod
    """
    try:
        with aws_errors_told(), _err.status("looking"):
            subject = open_subject(open_scope(stage.value, stack, endpoint_url), routes)
            findings = examine(subject)
    except KeyboardInterrupt:
        raise StoppedError("Interrupted: what was not looked at is not known.") from None
    data = as_data(subject, findings)
    if output is Output.json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        console = Console(soft_wrap=True, highlight=False, markup=False)
        for line in lines(subject, findings):
            console.print(line)
    if not data["well"]:
        raise typer.Exit(1)
