"""The command `dead-letters explain`: flags and output."""

import typer

from scripts.aws.parameters import listed
from scripts.cli.options import JudgedRoutesOption, Output, OutputOption, StackFlags
from scripts.cli.output import print_result
from scripts.cli.terminal import escape
from scripts.dead_letters.flags import RequiredIdsArgument
from scripts.dead_letters.reports import explain as report
from scripts.dead_letters.session import print_missing, service_for_reading
from scripts.routes.judged_routes import deploy_options


def explain(
    *,
    ids: RequiredIdsArgument,
    routes: JudgedRoutesOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Explain what a replay would do with dead letters, and suggest the next step. Send nothing.

    Uses the deployed routes file, and checks that each target exists. --output json also has what each target would
    get: the event's content. Exit 1 if a dead letter is not found, would fail again, or the result is not known.

    Example: alma-webhooks dead-letters explain 0123456789abcdef0123456789abcdef --stage prod
    """
    with service_for_reading(stack) as service:
        judged, found = service.explain(ids, routes)
    scope, data = service.scope, [report.as_data(explained) for explained in found]
    if found or output is Output.json:
        topics = listed(scope.stack.outputs["Topics"])  # without the heartbeat's, which the parameter does not take
        context = report.AdviceContext(scope.options, topics, judged.deploying(scope.options), deploy_options(scope))
        lines = [escape(judged.description), *report.lines(found, context)]
        print_result({"routes": judged.as_data(), "dead_letters": data}, lambda _: lines, output)
    if print_missing(ids, data, scope.options) or not all(map(report.would_succeed, found)):
        raise typer.Exit(1)
