"""The command `dead-letters explain`: flags and output."""

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
from scripts.dead_letters.reports import explain as report
from scripts.dead_letters.session import RequiredIdsArgument, opened_for_reading, print_missing
from scripts.routes.judged_routes import deploy_options, known_routes


def explain(
    ids: RequiredIdsArgument,
    routes: JudgedRoutesOption = None,
    stage: StageOption = StageName.dev,
    stack: StackOption = None,
    endpoint_url: EmulatorOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Explain what a replay would do with dead letters, and suggest the next step. Send nothing.

    Uses the deployed routes file, and checks that each target exists. --output json also has what each target would
    get: the event's content. Exit 1 if a dead letter is not found, would fail again, or the result is not known.

    Example: alma-webhooks dead-letters explain 0123456789abcdef0123456789abcdef --stage prod
    """
    with opened_for_reading(stage, stack, endpoint_url) as (dead_letters, progress):
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
        context = report.AdviceContext(scope.options, topics, deploying, deploy_options(scope))
        typer.echo("\n".join([escape(judged.description), *report.lines(found, context)]))
    if print_missing(ids, data, scope.options) or not all(map(report.would_succeed, found)):
        raise typer.Exit(1)
