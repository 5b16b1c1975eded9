"""The command `dead-letters explain`: flags and printing; no explaining."""

from contextlib import closing

import typer

from processor.route_checks import load
from scripts.deploy.check import ROUTES, problems
from scripts.errors import ConfigurationError
from scripts.operate import explanation_report
from scripts.operate.dead_letters.explaining import explain_letter, target_names_of
from scripts.operate.dead_letters.finding import find_letters
from scripts.operate.looking import NamedArgument, looking, tell_missing
from scripts.options import (
    EngineOption,
    Output,
    OutputOption,
    RoutesOption,
    StackOption,
    StageName,
    StageOption,
)
from scripts.terminal import harmless_json


def explain(
    ids: NamedArgument,
    routes: RoutesOption = ROUTES,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EngineOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Explains what would become of dead letters by today's code and routes, and what to do next. Sends nothing.

    With --output json also what each target would get, which is the event's content. Exits 1 if a letter is not there,
    or would be dead again.

    Example: alma-webhooks dead-letters explain 0123456789abcdef0123456789abcdef --stage prod
    """
    if wrong := problems(routes):
        raise ConfigurationError(f"{routes}: {wrong[0]}")
    todays = load(routes)
    with looking(stage, stack, endpoint_url) as (dead_letters, progress):
        targets, scope = target_names_of(dead_letters.scope), dead_letters.scope
        with closing(find_letters(dead_letters, ids, progress)) as letters:
            found = [explain_letter(read, todays, targets, stage=scope.stage) for read in letters]
    data = [explanation_report.as_data(explained) for explained in found]
    if output is Output.json:
        typer.echo(harmless_json({"letters": data}))
    elif found:
        typer.echo("\n".join(explanation_report.lines(found, scope.options)))
    if tell_missing(ids, data, scope.options) or any(map(explanation_report.would_die, found)):
        raise typer.Exit(1)
