"""Define the commands `routes check`, `explain`, `schema` and `samples`: their flags and their output."""

from typing import Annotated

import typer

from processor.routing.models import InvalidRoutesError, Problem
from scripts.alma_client.samples import body_of, load_all
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import Output, OutputOption, RoutesOption, StageName
from scripts.cli.output import print_result
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.routes import schema as route_schema
from scripts.routes.check import ROUTES, Permission, compile_checked, permissions, target_names, text_of
from scripts.routes.explain import as_data, explain_body, lines

routes_app = typer.Typer(help="Check routes and explain what they do with an event.", no_args_is_help=True)


@routes_app.command()
def check(routes: RoutesOption = ROUTES, output: OutputOption = Output.text) -> None:
    """Check a routes file. Print each problem with file, line and route, or the permissions that the routes need.

    Exits 2 if there is a problem.

    Example: alma-webhooks routes check --routes processor/routes.yaml
    """
    text, found, needed, count = text_of(routes), list[Problem](), list[Permission](), 0
    try:
        compiled = compile_checked(text)
        needed, count = permissions(compiled), len(compiled.routes)
    except InvalidRoutesError as error:
        found = error.problems
    needs = [permission._asdict() for permission in needed]
    data = {"file": str(routes), "problems": [vars(problem) for problem in found], "permissions": needs}
    print_result(output, data, (escape(f"{routes}: {each}") for each in [*found, *needed]))
    if found:
        raise ConfigurationError(f"{routes} has {plural(len(found), 'problem')}; it cannot be deployed.")
    if output is Output.text:
        print_result(output, {}, [f"{routes}: {plural(count, 'route')}, no problems"])


@routes_app.command()
def explain(
    event: Annotated[str, typer.Argument(metavar="FILE|SAMPLE", help="A file with an event, or the name of a sample.")],
    stage: Annotated[StageName, typer.Option(help="The stage whose variables the routes use.")] = StageName.dev,
    profile: Annotated[str, typer.Option("--alma-profile", help="The Alma profile of the event.")] = "alma",
    routes: RoutesOption = ROUTES,
    output: OutputOption = Output.text,
) -> None:
    """Explain which routes match an event, why the others do not, and what each target would receive. Sends nothing.

    Exits 1 if the event would become a dead letter.

    Example: alma-webhooks routes explain job-end-pod --stage prod
    """
    try:
        compiled = compile_checked(text_of(routes))
    except InvalidRoutesError as error:
        raise ConfigurationError(f"{routes}: {error.problems[0]}") from None
    explained = explain_body(body_of(event), compiled, target_names(), stage=stage.value, profile=profile)
    explanation = as_data(explained)
    print_result(output, explanation, lines(explanation))
    if explanation["failure"]:
        raise typer.Exit(1)


@routes_app.command()
def schema() -> None:
    """Print the JSON Schema of a routes file for editors; it is also in processor/routes.schema.json.

    Example: alma-webhooks routes schema
    """
    typer.echo(route_schema.text(), nl=False)


@routes_app.command("samples")
def list_samples(output: OutputOption = Output.text) -> None:
    """List the sample events. Pass their names to `send` and `routes explain`.

    Example: alma-webhooks routes samples --output json
    """
    names = [{"sample": sample.name, "event": sample.event} for sample in load_all()]
    width = max(len(each["sample"]) for each in names)
    print_result(output, {"samples": names}, (f"{each['sample']:<{width}}  {each['event']}" for each in names))
