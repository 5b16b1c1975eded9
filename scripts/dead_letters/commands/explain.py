"""The command `dead-letters explain`: flags and printing; no explaining."""

from contextlib import closing

import typer

from scripts.aws.parameters import listed
from scripts.cli.options import (
    EmulatorOption,
    JudgedRoutesOption,
    Output,
    OutputOption,
    StackOption,
    StageName,
    StageOption,
)
from scripts.cli.terminal import escape, escaped_json
from scripts.dead_letters.explain import Targets, explain_dead_letter
from scripts.dead_letters.find import find_dead_letters
from scripts.dead_letters.looking import NamedArgument, looking, tell_missing
from scripts.dead_letters.reports import explain as report
from scripts.routes.judged_routes import deploy_options, known_routes


def explain(
    ids: NamedArgument,
    routes: JudgedRoutesOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Explain what a replay would do with dead letters, by what is deployed, and what to do next. Sends nothing.

    Judges by the deployed routes file and by targets that exist. With --output json also what each target would get,
    which is the event's content. Exits 1 if a dead letter is not there, would be dead again, or its end is not known.

    Example: alma-webhooks dead-letters explain 0123456789abcdef0123456789abcdef --stage prod
    """
    with looking(stage, stack, endpoint_url) as (dead_letters, progress):
        scope = dead_letters.scope
        targets, judged = Targets(scope), known_routes(scope, routes)
        with closing(find_dead_letters(dead_letters, ids, progress)) as reads:
            found = [explain_dead_letter(read, judged.routes(), targets, stage=scope.stage) for read in reads]
    data = [report.as_data(explained) for explained in found]
    if output is Output.json:
        typer.echo(escaped_json({"routes": judged.as_data(), "dead_letters": data}))
    elif found:
        topics = listed(scope.stack.outputs["Topics"])  # without the heartbeat's, which the parameter does not take
        deploying = judged.deploying(scope.options)
        way = report.Way(scope.options, topics, deploying, deploy_options(scope))
        typer.echo("\n".join([escape(judged.description), *report.lines(found, way)]))
    if tell_missing(ids, data, scope.options) or not all(map(report.would_come_out, found)):
        raise typer.Exit(1)
